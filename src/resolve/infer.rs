//! Types of the expressions of one body, forward and from what is written; who each call calls.
//!
//! No search and no unification variables: parameters, annotations, constructors, fields, returns
//! and the catalogue say what a value is, or it stays unknown. That is enough for nine of ten
//! calls (performance notes, section 4) at a small fraction of a compiler's cost.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::{
    catalog::lookup::FunctionRef,
    model::{
        Name,
        call::EvidenceClass,
        expr::{Body, ExprId, ExprKind, Literal, Path, Pattern, Piece},
    },
};

use super::{
    lower::{TypeScope, learned_args},
    paths::Space,
    symbols::{Def, World},
    ty::{FnId, ModuleId, Ty, TypeId},
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
        world,
        package: data.package,
        module: data.body_module,
        body,
        generics: &data.signature.generics,
        self_ty,
        is_test: data.is_test,
        out: Typed {
            types: vec![Ty::Unknown; body.exprs.len()],
            ..Typed::default()
        },
        scopes: vec![FxHashMap::default()],
    };
    for (idx, param) in data.def.params.iter().enumerate() {
        let ty = data.signature.params.get(idx).cloned().unwrap_or_default();
        let origin = Origin::Param(u32::try_from(idx).unwrap_or(u32::MAX));
        inferer.bind(
            &param.pattern,
            &ty,
            &Source {
                origin,
                steps: Vec::new(),
            },
        );
    }
    let ret = match &data.signature.ret {
        Ty::Future(of) if data.def.is_async => of.as_ref().clone(),
        other => other.clone(),
    };
    if let Some(root) = body.root {
        inferer.infer(root, &ret);
    }
    inferer.out
}

/// Infer the value of a constant or static.
pub(crate) fn infer_constant<'a>(world: &World<'a>, idx: usize) -> Typed<'a> {
    let data = &world.constants[idx];
    let body = &data.def.value;
    let mut inferer = Inferer {
        world,
        package: world.crates[world.module(data.module).krate].package,
        module: data.module,
        body,
        generics: &[],
        self_ty: None,
        is_test: data.is_test,
        out: Typed {
            types: vec![Ty::Unknown; body.exprs.len()],
            ..Typed::default()
        },
        scopes: vec![FxHashMap::default()],
    };
    if let Some(root) = body.root {
        inferer.infer(root, &data.ty);
    }
    inferer.out
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

    /// Infer an expression; `expected` is what the place around it wants, or unknown.
    pub(crate) fn infer(&mut self, id: ExprId, expected: &Ty) -> Ty {
        let ty = self.infer_kind(id, expected);
        let ty = ty.or(|| expected.clone());
        self.out.types[id.idx()] = ty.clone();
        ty
    }

    #[expect(clippy::too_many_lines, reason = "one row for each shape or method: a table")]
    fn infer_kind(&mut self, id: ExprId, expected: &Ty) -> Ty {
        let body: &'a Body = self.body;
        match &body.get(id).kind {
            ExprKind::Path(path) => self.infer_path(id, path),
            ExprKind::Field { base, name } => {
                let base = self.infer(*base, &Ty::Unknown);
                self.field_type(id, &base, name)
            }
            ExprKind::Index { base, index } => {
                let base = self.infer(*base, &Ty::Unknown);
                self.infer(*index, &Ty::Unknown);
                match (base.as_std(), &body.get(*index).kind) {
                    (_, ExprKind::Range { .. }) => base,
                    (Some(("HashMap" | "BTreeMap", _)), _) => base.arg(1),
                    _ => base.element(),
                }
            }
            ExprKind::Literal(literal) => literal_type(literal),
            ExprKind::Template(pieces) => {
                for piece in pieces {
                    if let Piece::Hole(hole) = piece {
                        self.infer(*hole, &Ty::Unknown);
                    }
                }
                Ty::ext("std::String", &[])
            }
            ExprKind::Call { callee, args } => self.infer_call(id, *callee, args, expected),
            ExprKind::Method {
                receiver,
                method,
                generics,
                args,
            } => self.infer_method(id, *receiver, method, generics, args, expected),
            ExprKind::Struct { path, fields, rest } => self.infer_struct(id, path, fields, *rest),
            ExprKind::Closure { .. } => self.infer_closure(id, expected),
            ExprKind::Await(of) => {
                let wanted = if expected.is_unknown() {
                    Ty::Unknown
                } else {
                    Ty::future(expected.clone())
                };
                self.infer(*of, &wanted).awaited()
            }
            ExprKind::Try(of) => {
                let wanted = Ty::Unknown;
                self.infer(*of, &wanted).unwrapped()
            }
            ExprKind::Throw(of) => {
                self.infer(*of, &Ty::Unknown);
                Ty::Never
            }
            ExprKind::Block {
                stmts,
                has_tail,
                is_async,
            } => self.infer_block(stmts, *has_tail, *is_async, expected),
            ExprKind::Bind {
                pattern,
                ty,
                init,
                otherwise,
            } => {
                self.infer_bind(pattern, ty.as_ref(), *init, *otherwise);
                Ty::prim("()")
            }
            ExprKind::Assign { target, value, .. } => {
                let target_ty = self.infer(*target, &Ty::Unknown);
                let value_ty = self.infer(*value, &target_ty);
                if let Some(local) = self.out.uses.get(target).copied() {
                    let local = &mut self.out.locals[local.0 as usize];
                    local.assigned.push(*value);
                    if local.ty.is_unknown() {
                        local.ty = value_ty;
                    }
                }
                Ty::prim("()")
            }
            ExprKind::Let { pattern, value } => {
                let ty = self.infer(*value, &Ty::Unknown);
                self.bind(
                    pattern,
                    &ty,
                    &Source {
                        origin: Origin::Expr(*value),
                        steps: Vec::new(),
                    },
                );
                Ty::prim("bool")
            }
            ExprKind::If { cond, then, otherwise } => {
                self.scopes.push(FxHashMap::default());
                self.infer(*cond, &Ty::Unknown);
                let ty = self.infer(*then, expected);
                self.scopes.pop();
                match otherwise {
                    Some(otherwise) => {
                        let other = self.infer(*otherwise, expected);
                        ty.or(|| other)
                    }
                    None => Ty::prim("()"),
                }
            }
            ExprKind::Match { scrutinee, arms } => {
                let scrutinee_ty = self.infer(*scrutinee, &Ty::Unknown);
                let source = Source {
                    origin: Origin::Expr(*scrutinee),
                    steps: Vec::new(),
                };
                self.infer_arms(arms, &scrutinee_ty, &source, expected)
            }
            ExprKind::Loop {
                pattern, head, body, ..
            } => self.infer_loop(pattern.as_ref(), *head, *body, expected),
            ExprKind::Break { value, .. } | ExprKind::Return(value) => {
                if let Some(value) = value {
                    self.infer(*value, &Ty::Unknown);
                }
                Ty::Never
            }
            ExprKind::Continue { .. } => Ty::Never,
            ExprKind::Binary { op, left, right } => {
                let left = self.infer(*left, &Ty::Unknown);
                self.infer(*right, &Ty::Unknown);
                match op.as_str() {
                    "==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||" => Ty::prim("bool"),
                    _ => left,
                }
            }
            ExprKind::Unary { value, .. } => self.infer(*value, expected),
            ExprKind::List(items) => self.infer_list(items, expected),
            ExprKind::Range { start, end, .. } => {
                let mut of = Ty::Unknown;
                for bound in [start, end].into_iter().flatten() {
                    let bound = self.infer(*bound, &Ty::Unknown);
                    of = of.or(|| bound);
                }
                Ty::ext("std::Range", &[of])
            }
            ExprKind::TryCatch { body, catches, finally } => {
                let ty = self.infer(*body, expected);
                let source = Source {
                    origin: Origin::Unknown,
                    steps: Vec::new(),
                };
                self.infer_arms(catches, &Ty::Unknown, &source, expected);
                if let Some(finally) = finally {
                    self.infer(*finally, &Ty::Unknown);
                }
                ty
            }
            ExprKind::Select(arms) => self.infer_select(arms, expected),
            ExprKind::Join(items) => {
                let items: Vec<Ty> = items
                    .iter()
                    .map(|item| self.infer(*item, &Ty::Unknown).awaited())
                    .collect();
                Ty::Tuple(items.into())
            }
            ExprKind::Spawn(of) => {
                self.infer(*of, &Ty::Unknown);
                Ty::Unknown
            }
            ExprKind::Macro { path, args, .. } => self.infer_macro(id, path, args, expected),
            ExprKind::Opaque { .. } => Ty::Unknown,
        }
    }

    fn infer_path(&mut self, id: ExprId, path: &'a Path) -> Ty {
        if let Some(name) = path.as_name() {
            if let Some(local) = self.local_named(name) {
                self.out.uses.insert(id, local);
                return self.out.local(local).ty.clone();
            }
            if name == "Self" {
                return self.self_ty.clone().unwrap_or_default();
            }
        }
        if path.qself.is_some() || path.segments.first().is_some_and(|first| first == "Self") {
            let candidates = self.associated_path(path);
            return match candidates {
                Some((ids, _)) if !ids.is_empty() => {
                    let ty = self.reference_type(&ids);
                    self.out.references.insert(id, ids);
                    ty
                }
                _ => self.associated_value(id, path),
            };
        }
        match self.world.resolve_path(self.module, &path.segments, Space::Value) {
            Some(Def::Function(of)) => {
                self.out.references.insert(id, vec![of]);
                self.reference_type(&[of])
            }
            Some(Def::Const(of)) => {
                self.out.names.insert(id, Def::Const(of));
                self.world.constant(of).ty.clone()
            }
            Some(Def::Type(of)) => {
                self.out.names.insert(id, Def::Type(of));
                Ty::Adt(of, [].into())
            }
            Some(Def::Variant(of, idx)) => {
                self.out.names.insert(id, Def::Variant(of, idx));
                Ty::Adt(of, [].into())
            }
            Some(Def::Associated(of, name)) => {
                let ids = self.associated_functions(&Ty::Adt(of, [].into()), &name);
                if !ids.is_empty() {
                    let ty = self.reference_type(&ids);
                    self.out.references.insert(id, ids);
                    return ty;
                }
                if let Some(constant) = self.world.associated_constants.get(&(of, name)) {
                    self.out.names.insert(id, Def::Const(*constant));
                    return self.world.constant(*constant).ty.clone();
                }
                Ty::Unknown
            }
            Some(Def::Extern(path)) => {
                let ty = match path.last().map(Name::as_str) {
                    Some("None") => Ty::option(Ty::Unknown),
                    _ => Ty::Unknown,
                };
                self.out.names.insert(id, Def::Extern(path));
                ty
            }
            _ => Ty::Unknown,
        }
    }

    fn associated_value(&mut self, id: ExprId, path: &Path) -> Ty {
        let (Some(Ty::Adt(of, _)), [_, name]) = (&self.self_ty, path.segments.as_slice()) else {
            return Ty::Unknown;
        };
        let of = *of;
        if let Some(constant) = self.world.associated_constants.get(&(of, name.clone())) {
            self.out.names.insert(id, Def::Const(*constant));
            return self.world.constant(*constant).ty.clone();
        }
        if let Some(idx) = self
            .world
            .ty(of)
            .def
            .variants
            .iter()
            .position(|variant| &variant.name == name)
        {
            self.out
                .names
                .insert(id, Def::Variant(of, u32::try_from(idx).unwrap_or(u32::MAX)));
            return self.self_ty.clone().unwrap_or_default();
        }
        Ty::Unknown
    }

    /// A function as a value.
    fn reference_type(&self, ids: &[FnId]) -> Ty {
        let signature = &self.world.function(ids[0]).signature;
        Ty::Fn(
            signature.params.clone().into(),
            std::sync::Arc::new(signature.ret.clone()),
        )
    }

    pub(crate) fn local_named(&self, name: &Name) -> Option<LocalId> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).copied()
    }

    /// The type of a field, seen through wrappers; remembers the owner for value flow.
    pub(crate) fn field_type(&mut self, id: ExprId, base: &Ty, name: &Name) -> Ty {
        let mut at = base.clone();
        for _ in 0..8 {
            match &at {
                Ty::Adt(of, args) => {
                    if let Some(ty) = self.declared_field(*of, args, name) {
                        self.out.fields.insert(id, *of);
                        return ty;
                    }
                    match self.world.deref_target(&at) {
                        Some(target) => at = target,
                        None => return Ty::Unknown,
                    }
                }
                Ty::Tuple(items) => {
                    return name
                        .parse::<usize>()
                        .ok()
                        .and_then(|idx| items.get(idx).cloned())
                        .unwrap_or_default();
                }
                Ty::Ext(path, args) if name == "0" && path == "std::State" => {
                    return args.first().cloned().unwrap_or_default();
                }
                _ => match self.world.deref_target(&at) {
                    Some(target) => at = target,
                    None => return Ty::Unknown,
                },
            }
        }
        Ty::Unknown
    }

    pub(crate) fn declared_field(&self, of: TypeId, args: &[Ty], name: &Name) -> Option<Ty> {
        self.world.field_of(of, args, name)
    }

    fn infer_struct(&mut self, id: ExprId, path: &Path, fields: &[(Name, ExprId)], rest: Option<ExprId>) -> Ty {
        let of = self.struct_type(path);
        let mut learned = Vec::new();
        for (name, value) in fields {
            let declared = of.and_then(|of| self.declared_field(of, &[], name)).unwrap_or_default();
            let expected = declared.substitute(&|_| Some(Ty::Unknown));
            let actual = self.infer(*value, &expected);
            declared.learn(&actual, &mut learned);
        }
        let ty = match of {
            Some(of) => {
                self.out.literals.insert(id, of);
                Ty::Adt(of, learned_args(&self.world.ty(of).def.generics, &learned))
            }
            None => Ty::Unknown,
        };
        if let Some(rest) = rest {
            self.infer(rest, &ty);
        }
        ty
    }

    fn struct_type(&self, path: &Path) -> Option<TypeId> {
        if path.as_name().is_some_and(|name| name == "Self") {
            return match &self.self_ty {
                Some(Ty::Adt(of, _)) => Some(*of),
                _ => None,
            };
        }
        match self.world.resolve_path(self.module, &path.segments, Space::Type)? {
            Def::Type(of) => match self.world.applied(of, Vec::new(), 0) {
                Ty::Adt(of, _) => Some(of),
                _ => None,
            },
            Def::Variant(of, _) => Some(of),
            _ => None,
        }
    }

    fn infer_block(&mut self, stmts: &[ExprId], has_tail: bool, is_async: bool, expected: &Ty) -> Ty {
        self.scopes.push(FxHashMap::default());
        let mut ty = Ty::prim("()");
        let wanted = match expected {
            Ty::Future(of) if is_async => of.as_ref().clone(),
            other => other.clone(),
        };
        for (idx, stmt) in stmts.iter().enumerate() {
            let is_tail = has_tail && idx + 1 == stmts.len();
            let stmt_ty = self.infer(*stmt, if is_tail { &wanted } else { &Ty::Unknown });
            if is_tail {
                ty = stmt_ty;
            } else if stmt_ty == Ty::Never {
                ty = Ty::Never;
            }
        }
        self.scopes.pop();
        if is_async { Ty::future(ty.or(|| wanted)) } else { ty }
    }

    fn infer_bind(
        &mut self,
        pattern: &Pattern,
        ty: Option<&crate::model::expr::TypeRef>,
        init: Option<ExprId>,
        otherwise: Option<ExprId>,
    ) {
        let declared = ty.map(|ty| self.world.lower(ty, &self.scope())).unwrap_or_default();
        let actual = init.map(|init| self.infer(init, &declared)).unwrap_or_default();
        if let Some(otherwise) = otherwise {
            self.infer(otherwise, &Ty::Unknown);
        }
        let ty = if has_hole(&declared) {
            actual.or(|| declared.clone())
        } else {
            declared.or(|| actual)
        };
        let origin = init.map_or(Origin::Unknown, Origin::Expr);
        self.bind(
            pattern,
            &ty,
            &Source {
                origin,
                steps: Vec::new(),
            },
        );
    }

    fn infer_arms(&mut self, arms: &'a [crate::model::expr::Arm], ty: &Ty, source: &Source, expected: &Ty) -> Ty {
        let mut result = Ty::Unknown;
        for arm in arms {
            self.scopes.push(FxHashMap::default());
            self.bind(&arm.pattern, ty, source);
            if let Some(guard) = arm.guard {
                self.infer(guard, &Ty::Unknown);
            }
            let arm_ty = self.infer(arm.body, expected);
            self.scopes.pop();
            result = result.or(|| arm_ty);
        }
        result
    }

    fn infer_select(&mut self, arms: &'a [crate::model::expr::Arm], expected: &Ty) -> Ty {
        let mut result = Ty::Unknown;
        for arm in arms {
            self.scopes.push(FxHashMap::default());
            if let Some(future) = arm.scrutinee {
                let ty = self.infer(future, &Ty::Unknown).awaited();
                self.bind(
                    &arm.pattern,
                    &ty,
                    &Source {
                        origin: Origin::Expr(future),
                        steps: Vec::new(),
                    },
                );
            }
            if let Some(guard) = arm.guard {
                self.infer(guard, &Ty::Unknown);
            }
            let arm_ty = self.infer(arm.body, expected);
            self.scopes.pop();
            result = result.or(|| arm_ty);
        }
        result
    }

    fn infer_loop(&mut self, pattern: Option<&Pattern>, head: Option<ExprId>, body: ExprId, expected: &Ty) -> Ty {
        self.scopes.push(FxHashMap::default());
        if let Some(head) = head {
            let ty = self.infer(head, &Ty::Unknown);
            if let Some(pattern) = pattern {
                let element = ty.element();
                self.bind(
                    pattern,
                    &element,
                    &Source {
                        origin: Origin::Element(head),
                        steps: Vec::new(),
                    },
                );
            }
        }
        self.infer(body, &Ty::Unknown);
        self.scopes.pop();
        if head.is_none() {
            expected.clone()
        } else {
            Ty::prim("()")
        }
    }

    fn infer_list(&mut self, items: &[ExprId], expected: &Ty) -> Ty {
        let wanted = match expected {
            Ty::Tuple(_) => Ty::Unknown,
            other => other.element(),
        };
        let types: Vec<Ty> = items
            .iter()
            .enumerate()
            .map(|(idx, item)| match expected {
                Ty::Tuple(parts) => self.infer(*item, &parts.get(idx).cloned().unwrap_or_default()),
                _ => self.infer(*item, &wanted),
            })
            .collect();
        // A tuple and an array have the same shape in the facts: equal types are taken for an array only where one is wanted.
        match expected.as_std() {
            Some(("Vec", _)) => Ty::ext("std::Vec", &[types.into_iter().next().unwrap_or(wanted)]),
            _ if types.len() > 1 => Ty::Tuple(types.into()),
            _ => Ty::ext("std::Vec", &[types.into_iter().next().unwrap_or_default()]),
        }
    }
}

fn has_hole(ty: &Ty) -> bool {
    match ty {
        Ty::Unknown => true,
        Ty::Adt(_, args) | Ty::Ext(_, args) | Ty::Tuple(args) => args.iter().any(has_hole),
        Ty::Future(of) => has_hole(of),
        _ => false,
    }
}

fn literal_type(literal: &Literal) -> Ty {
    match literal {
        Literal::Str(_) => Ty::ext("std::String", &[]),
        Literal::Int(_) => Ty::prim("int"),
        Literal::Float(_) => Ty::prim("f64"),
        Literal::Bool(_) => Ty::prim("bool"),
        Literal::Unit => Ty::prim("()"),
        Literal::Null | Literal::Other => Ty::Unknown,
    }
}
