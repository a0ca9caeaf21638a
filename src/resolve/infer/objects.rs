//! Objects as other languages make and set them: classes that are called, outside structs written out, fields of
//! outside objects that are assigned, containers that are told what to hand over.

use crate::{
    model::{
        Name,
        expr::{Arg, ExprId, ExprKind, Path, TypeRef},
    },
    resolve::{paths::Space, symbols::Def, ty::Ty},
};

use super::{Callee, Inferer};

impl<'a> Inferer<'_, 'a> {
    /// `Client(url)`, `new Client(url)`: a class is called, which is its constructor `new`.
    pub(super) fn call_class(&mut self, id: ExprId, path: &'a Path, args: &'a [Arg], expected: &Ty) -> Option<Ty> {
        let Some(Def::Type(of)) = self.world.resolve_path(self.module, &path.segments, Space::Type) else {
            return None;
        };
        let base = self.world.applied(of, self.written_generics(path), 0);
        let name = Name::new("new");
        if self.associated_functions(&base, &name).is_empty() {
            self.infer_args(args);
            self.out.callees.insert(id, Callee::Constructor);
        } else {
            self.call_on_type(id, &base, &name, path, args, expected);
        }
        Some(base)
    }

    /// A named value of an outside library: `http.DefaultClient`.
    pub(super) fn outside_value(&self, path: &[Name]) -> Ty {
        let version = |library| self.library_version(library);
        let entry = self.world.catalog.function(path, 0, &version);
        match entry.and_then(|entry| entry.returns) {
            Some(returns) => self.world.lower_catalogued(returns, &Ty::Unknown, &|_| Ty::Unknown),
            None => Ty::Unknown,
        }
    }

    /// The type of a literal of an outside struct.
    pub(super) fn outside_struct(&self, path: &Path) -> Ty {
        match self.world.resolve_path(self.module, &path.segments, Space::Type) {
            Some(Def::Extern(path)) => self.world.outside(&path, Vec::new()),
            _ => Ty::Unknown,
        }
    }

    /// An assignment to a field of an outside type that the catalogue describes.
    pub(super) fn note_setter(&mut self, id: ExprId, target: ExprId) {
        let ExprKind::Field { base, name } = &self.body.get(target).kind else {
            return;
        };
        let mut at = self.out.ty(*base).clone();
        while let Some(inner) = at.deref() {
            at = inner;
        }
        let Ty::Ext(of, _) = at else { return };
        let version = |library| self.library_version(library);
        if let Some(entry) = self.world.catalog.method(&of, name, 1, &version)
            && entry.function.field
        {
            self.out.setters.insert(id, (entry, of));
        }
    }

    /// A call that tells a container what a type of ours gets.
    pub(super) fn note_registration(&mut self, id: ExprId, generics: &[TypeRef]) {
        let Some(Callee::Catalog { entry, .. }) = self.out.callees.get(&id) else {
            return;
        };
        let (Some(injected), Some(of)) = (&entry.function.injects, generics.first()) else {
            return;
        };
        if let Ty::Adt(of, _) = self.world.lower(of, &self.scope()) {
            self.out.registrations.push((id, of, Name::new(injected)));
        }
    }
}
