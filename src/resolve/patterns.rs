//! Bindings that patterns make, with their types and the way their values take.

use crate::model::{
    Name,
    expr::{Path, Pattern},
};

use super::{
    infer::{Inferer, Local, LocalId, Source, Step},
    paths::Space,
    symbols::{Def, World},
    ty::{Ty, TypeId},
};

impl World<'_> {
    /// The declared type of a field, generics replaced by `args`; enum variants' fields are searched too.
    pub(crate) fn field_of(&self, of: TypeId, args: &[Ty], name: &Name) -> Option<Ty> {
        let data = self.ty(of);
        let Some(field) = data.def.fields.iter().find(|field| &field.name == name) else {
            let bases = self.ancestors_of(of);
            return bases.into_iter().find_map(|base| self.field_of(base, &[], name));
        };
        let written = self.lower_field(of, &field.ty, args);
        Some(written.or(|| self.field_types.get(&(of, name.clone())).cloned().unwrap_or_default()))
    }

    /// A field's type as written in the definition of `of`.
    pub(crate) fn lower_field(&self, of: TypeId, ty: &crate::model::expr::TypeRef, args: &[Ty]) -> Ty {
        let data = self.ty(of);
        let generics = super::lower::unbounded(&data.def.generics);
        let own = Ty::Adt(of, args.into());
        let scope = super::lower::TypeScope {
            module: data.module,
            generics: &generics,
            self_ty: Some(&own),
            associated: &[],
        };
        let lowered = self.lower(ty, &scope);
        if args.is_empty() {
            // What is known of an unbound parameter is its bounds: `struct Service<C: Client> { client: C }`.
            return lowered.substitute(&|name| {
                let generic = data.def.generics.iter().find(|generic| &generic.name == name)?;
                let bounds: Vec<Ty> = generic
                    .bounds
                    .iter()
                    .map(|bound| self.lower_bound(bound, &scope))
                    .filter(|bound| !bound.is_unknown())
                    .collect();
                (!bounds.is_empty()).then(|| Ty::Dyn(bounds.into()))
            });
        }
        let learned = super::lower::paired(&data.def.generics, args);
        lowered.substitute(&|name| self.learned_param(name, &learned))
    }
}

impl Inferer<'_, '_> {
    /// Bind what a pattern names.
    pub(crate) fn bind(&mut self, pattern: &Pattern, ty: &Ty, source: &Source) {
        match pattern {
            Pattern::Wild | Pattern::Path(_) | Pattern::Literal(_) | Pattern::Other => {}
            Pattern::Bind { name, sub } => {
                // A bare name can be a constant or unit variant; then it binds nothing.
                if sub.is_none() && name.chars().next().is_some_and(char::is_uppercase) && self.is_constant(name) {
                    return;
                }
                let id = LocalId(u32::try_from(self.out.locals.len()).unwrap_or(u32::MAX));
                self.out.locals.push(Local {
                    name: name.clone(),
                    ty: ty.clone(),
                    source: source.clone(),
                    assigned: Vec::new(),
                });
                if let Some(scope) = self.scopes.last_mut() {
                    scope.insert(name.clone(), id);
                }
                if let Some(sub) = sub {
                    self.bind(sub, ty, source);
                }
            }
            Pattern::Tuple(items) => {
                let ty = self.peel(ty);
                for (idx, item) in items.iter().enumerate() {
                    let step = Step::Tuple(u32::try_from(idx).unwrap_or(u32::MAX));
                    let part = match &ty {
                        Ty::Foreign(_) => ty.clone(),
                        _ => ty.arg(idx),
                    };
                    self.bind(item, &part, &then(source, step));
                }
            }
            Pattern::Slice(items) => {
                let element = self.element_of(ty);
                for (idx, item) in items.iter().enumerate() {
                    let step = Step::Tuple(u32::try_from(idx).unwrap_or(u32::MAX));
                    self.bind(item, &element, &then(source, step));
                }
            }
            Pattern::Or(items) => {
                for item in items {
                    self.bind(item, ty, source);
                }
            }
            Pattern::Typed { pattern, ty: written } => {
                let declared = self.world.lower(written, &self.scope());
                self.bind(pattern, &declared.or(|| ty.clone()), source);
            }
            Pattern::TupleStruct { path, items } => self.bind_payload(path, items, ty, source),
            Pattern::Struct { path, fields } => self.bind_fields(path, fields, ty, source),
        }
    }

    fn is_constant(&self, name: &Name) -> bool {
        self.world
            .resolve_path(self.module, std::slice::from_ref(name), Space::Value)
            .is_some()
    }

    /// See through wrappers until there is a shape.
    fn peel(&self, ty: &Ty) -> Ty {
        let mut at = ty.clone();
        for _ in 0..4 {
            match at.deref() {
                Some(inner) => at = inner,
                None => break,
            }
        }
        at
    }

    fn bind_payload(&mut self, path: &Path, items: &[Pattern], ty: &Ty, source: &Source) {
        let last = path.last().cloned().unwrap_or_default();
        let is_wrapper = matches!(ty, Ty::Ext(of, _) if of.rsplit("::").next() == Some(last.as_str()));
        let ty = if is_wrapper || matches!(last.as_str(), "State" | "Extension" | "Data") {
            ty.clone()
        } else {
            self.peel(ty)
        };
        let is_std = matches!(last.as_str(), "Some" | "Ok" | "Err" | "Ready" | "Break" | "Continue");
        let def = self
            .world
            .resolve_path(self.module, &path.segments, Space::Value)
            .or_else(|| {
                path.segments
                    .first()
                    .filter(|first| *first == "Self")
                    .and_then(|_| match &self.self_ty {
                        Some(Ty::Adt(of, _)) if path.segments.len() == 2 => {
                            self.world.member(&Def::Type(*of), &last, Space::Value)
                        }
                        Some(Ty::Adt(of, _)) => Some(Def::Type(*of)),
                        _ => None,
                    })
            });
        for (idx, item) in items.iter().enumerate() {
            let position = u32::try_from(idx).unwrap_or(u32::MAX);
            let item_ty = match &def {
                Some(Def::Variant(of, variant)) => {
                    let args = adt_args(&ty, *of);
                    let field = self.world.ty(*of).def.variants[*variant as usize].fields.get(idx);
                    field
                        .map(|field| self.world.lower_field(*of, &field.ty, &args))
                        .unwrap_or_default()
                }
                Some(Def::Type(of)) => {
                    let args = adt_args(&ty, *of);
                    self.world
                        .field_of(*of, &args, &Name::from(idx.to_string()))
                        .unwrap_or_default()
                }
                _ if matches!(ty, Ty::Foreign(_)) => ty.clone(),
                _ if is_std => ty.arg(usize::from(last == "Err")),
                // Extractors and newtypes of frameworks: `State(app)`, `Json(body)`, `Data(x)`.
                _ => ty.arg(idx),
            };
            let step = match &def {
                Some(Def::Type(of)) => Step::Field(Some(*of), Name::from(idx.to_string())),
                Some(Def::Variant(of, _)) => Step::Field(Some(*of), variant_field(&last, idx)),
                _ => Step::Payload(last.clone(), position),
            };
            self.bind(item, &item_ty, &then(source, step));
        }
    }

    fn bind_fields(&mut self, path: &Path, fields: &[(Name, Pattern)], ty: &Ty, source: &Source) {
        let ty = self.peel(ty);
        let def = if path.as_name().is_some_and(|name| name == "Self") {
            match &self.self_ty {
                Some(Ty::Adt(of, _)) => Some(Def::Type(*of)),
                _ => None,
            }
        } else {
            self.world.resolve_path(self.module, &path.segments, Space::Type)
        };
        for (name, pattern) in fields {
            let (field_ty, owner) = match &def {
                Some(Def::Type(of)) => {
                    let args = adt_args(&ty, *of);
                    (self.world.field_of(*of, &args, name).unwrap_or_default(), Some(*of))
                }
                Some(Def::Variant(of, variant)) => {
                    let args = adt_args(&ty, *of);
                    let variant = &self.world.ty(*of).def.variants[*variant as usize];
                    let field = variant.fields.iter().find(|field| &field.name == name);
                    (
                        field
                            .map(|field| self.world.lower_field(*of, &field.ty, &args))
                            .unwrap_or_default(),
                        Some(*of),
                    )
                }
                _ => (Ty::Unknown, None),
            };
            self.bind(pattern, &field_ty, &then(source, Step::Field(owner, name.clone())));
        }
    }
}

/// The name under which the payload of a variant is kept: `Clustered.0`.
pub(crate) fn variant_field(variant: &str, idx: usize) -> Name {
    Name::from(format!("{variant}.{idx}"))
}

fn adt_args(ty: &Ty, of: TypeId) -> Vec<Ty> {
    match ty {
        Ty::Adt(id, args) if *id == of => args.to_vec(),
        _ => Vec::new(),
    }
}

fn then(source: &Source, step: Step) -> Source {
    let mut source = source.clone();
    source.steps.push(step);
    source
}
