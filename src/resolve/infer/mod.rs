//! Types of the expressions of one body, forward and from what is written; who each call calls.
//!
//! No search and no unification variables: parameters, annotations, constructors, fields, returns
//! and the catalogue say what a value is, or it stays unknown. That is enough for nine of ten
//! calls (performance notes, section 4) at a small fraction of a compiler's cost.

mod calls;
mod candidates;
mod containers;
mod control;
mod exprs;
mod futures;
mod methods;
mod names;
mod objects;
mod options;
mod outside;
mod sequences;
mod signatures;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    catalog::lookup::FunctionRef,
    model::{
        Name,
        call::EvidenceClass,
        expr::{Body, ExprId},
    },
    resolve::{
        lower::TypeScope,
        symbols::{Def, World},
        ty::{FnId, ModuleId, Ty, TypeId},
    },
};

/// Index into [`Typed::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LocalId(pub(crate) u32);

/// A body with what was learned of it.
#[derive(Default)]
pub(crate) struct Typed<'a> {
    /// By expression.
    pub(crate) types: Vec<Ty>,
    /// Who a call, method call or macro calls.
    pub(crate) callees: BTreeMap<ExprId, Callee<'a>>,
    /// Paths that name a function without calling it.
    pub(crate) references: BTreeMap<ExprId, Vec<FnId>>,
    /// What other paths denote: constants, statics, unit types, outside names.
    pub(crate) names: FxHashMap<ExprId, Def>,
    pub(crate) locals: Vec<Local>,
    /// Paths that name a local.
    pub(crate) uses: BTreeMap<ExprId, LocalId>,
    /// Types of struct literals.
    pub(crate) literals: BTreeMap<ExprId, TypeId>,
    /// Tuple structs and variants that a call makes.
    pub(crate) constructs: BTreeMap<ExprId, (TypeId, Option<u32>)>,
    /// The owner type of field accesses on types of the scanned packages.
    pub(crate) fields: FxHashMap<ExprId, TypeId>,
    /// Assignments to fields of outside types that set something.
    pub(crate) setters: BTreeMap<ExprId, (FunctionRef<'a>, Name)>,
    /// Calls that tell a container which objects a type of ours gets: the type, and theirs.
    pub(crate) registrations: Vec<(ExprId, TypeId, Name)>,
}

impl Typed<'_> {
    pub(crate) fn ty(&self, id: ExprId) -> &Ty {
        &self.types[id.idx()]
    }

    pub(crate) fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.0 as usize]
    }
}

/// A binding inside a body.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    pub(crate) name: Name,
    pub(crate) ty: Ty,
    pub(crate) source: Source,
    /// Later assignments to it.
    pub(crate) assigned: Vec<ExprId>,
}

/// Where a binding's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) origin: Origin,
    /// The way from the origin's value into it: fields, tuple positions, payloads.
    pub(crate) steps: Vec<Step>,
}

impl Source {
    /// The origin's value itself.
    pub(crate) fn of(origin: Origin) -> Self {
        Self {
            origin,
            steps: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Expr(ExprId),
    /// Parameter of the function.
    Param(u32),
    /// Parameter of a closure: the closure and the position.
    ClosureParam(ExprId, u32),
    /// An element of what is iterated.
    Element(ExprId),
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Field(Option<TypeId>, Name),
    Tuple(u32),
    /// The payload of `Some`, `Ok` or a variant of ours.
    Payload(Name, u32),
}

/// Who is called.
#[derive(Clone, Debug)]
pub(crate) enum Callee<'a> {
    /// Functions of the scanned packages; several for traits.
    Own { ids: Vec<FnId>, class: EvidenceClass },
    /// A function of the catalogue; `path` is the full path it was found under, `of` the receiver's type path.
    Catalog {
        entry: FunctionRef<'a>,
        path: Name,
        of: Name,
        class: EvidenceClass,
    },
    /// A closure or function in a local or parameter.
    Local(LocalId),
    /// A tuple struct or variant.
    Constructor,
    /// Known to be outside the scanned packages and of no interest.
    Outside(Name),
    /// Not bound, with the reason.
    Unresolved(&'static str),
}

/// Infers one body.
pub(crate) struct Inferer<'w, 'a> {
    pub(crate) world: &'w World<'a>,
    pub(crate) package: usize,
    pub(crate) module: ModuleId,
    pub(crate) body: &'a Body,
    pub(crate) generics: &'w [(Name, Vec<Ty>)],
    pub(crate) self_ty: Option<Ty>,
    pub(crate) is_test: bool,
    pub(crate) out: Typed<'a>,
    pub(crate) scopes: Vec<FxHashMap<Name, LocalId>>,
    /// Expressions that were inferred before what takes them was known: never walked twice, or nested calls
    /// would cost twice as much for each level.
    settled: FxHashSet<ExprId>,
    /// What `return` gives: of the function, and of the closures and async blocks inside it.
    returns: Vec<Ty>,
    /// What the loops around give, innermost last: their label, what is wanted, what `break` gives.
    loops: Vec<LoopFrame>,
}

struct LoopFrame {
    label: Option<Name>,
    wanted: Ty,
    given: Ty,
}

/// Infer the body of a function; empty for a declaration.
pub(crate) fn infer_function<'a>(world: &World<'a>, id: FnId) -> Typed<'a> {
    let data = world.function(id);
    let Some(body) = &data.def.body else {
        return Typed::default();
    };
    let self_ty = match (data.imp, data.in_trait) {
        (Some(imp), _) => Some(world.impls[imp as usize].self_ty.clone()),
        (None, Some(_)) => Some(Ty::Param(Name::new("Self"))),
        (None, None) => None,
    };
    let mut inferer = Inferer {
        generics: &data.signature.generics,
        self_ty,
        is_test: data.is_test,
        ..Inferer::new(world, body, data.package, data.body_module)
    };
    for attribute in &data.def.attributes {
        if let Some(call) = attribute.call {
            inferer.infer(call, &Ty::Unknown);
        }
    }
    for (idx, param) in data.def.params.iter().enumerate() {
        let ty = data.signature.params.get(idx).cloned().unwrap_or_default();
        let origin = Origin::Param(u32::try_from(idx).unwrap_or(u32::MAX));
        inferer.bind(&param.pattern, &ty, &Source::of(origin));
    }
    let ret = match &data.signature.ret {
        Ty::Future(of) if data.def.is_async => of.as_ref().clone(),
        other => other.clone(),
    };
    if let Some(root) = body.root {
        inferer.returns.push(ret.clone());
        inferer.infer(root, &ret);
    }
    inferer.out
}

/// Infer the value of a constant or static.
pub(crate) fn infer_constant<'a>(world: &World<'a>, idx: usize) -> Typed<'a> {
    let data = &world.constants[idx];
    let body = &data.def.value;
    let package = world.crates[world.module(data.module).krate].package;
    let mut inferer = Inferer {
        self_ty: data.imp.map(|imp| world.impls[imp as usize].self_ty.clone()),
        is_test: data.is_test,
        ..Inferer::new(world, body, package, data.module)
    };
    if let Some(root) = body.root {
        inferer.infer(root, &data.ty);
    }
    inferer.out
}

impl<'w, 'a> Inferer<'w, 'a> {
    /// Nothing known yet of a body outside any type and function.
    fn new(world: &'w World<'a>, body: &'a Body, package: usize, module: ModuleId) -> Self {
        Self {
            world,
            package,
            module,
            body,
            generics: &[],
            self_ty: None,
            is_test: false,
            out: Typed {
                types: vec![Ty::Unknown; body.exprs.len()],
                ..Typed::default()
            },
            scopes: vec![FxHashMap::default()],
            settled: FxHashSet::default(),
            returns: Vec::new(),
            loops: Vec::new(),
        }
    }
}

impl<'a> Inferer<'_, 'a> {
    pub(crate) fn scope(&self) -> TypeScope<'_> {
        TypeScope {
            module: self.module,
            generics: self.generics,
            self_ty: self.self_ty.as_ref(),
            associated: &[],
        }
    }

    /// Infer an expression for good: a later `infer` of it gives the same.
    fn settle(&mut self, id: ExprId) -> Ty {
        let ty = self.infer(id, &Ty::Unknown);
        self.settled.insert(id);
        ty
    }

    /// Infer an expression; `expected` is what the place around it wants, or unknown.
    pub(crate) fn infer(&mut self, id: ExprId, expected: &Ty) -> Ty {
        if self.settled.contains(&id) {
            return self.out.ty(id).clone().or(|| expected.clone());
        }
        let ty = self.infer_kind(id, expected);
        let ty = ty.or(|| expected.clone());
        self.out.types[id.idx()] = ty.clone();
        ty
    }
}
