//! `http.Get(url)` where `http` is an import, `Policy.Handle()` where `Policy` is a type: a path, not a method of a
//! value. Front ends need not know; here it is told apart by the file's imports and types.

use rustc_hash::FxHashSet;

use crate::model::{
    Name,
    expr::{Body, ExprId, ExprKind, Pattern},
    fact::{FileFacts, Function, Import, Language, Owner},
    package::Package,
};

use super::units;

/// Values that files hold for others to import, by unit and name.
pub(crate) type Shared = FxHashSet<(Name, Name)>;

/// Note the constants of one file.
pub(crate) fn share(facts: &FileFacts, package: &Package, shared: &mut Shared) {
    let unit = units::unit_of(facts, package);
    for constant in facts.constants.iter().filter(|constant| constant.owner == Owner::None) {
        shared.insert((unit.clone(), constant.name.clone()));
    }
}

/// Rewrite qualified names of one file to paths.
pub(crate) fn write_paths(facts: &mut FileFacts, shared: &Shared) {
    let is_value = |import: &Import| match import.path.as_slice() {
        [unit, name] => shared.contains(&(unit.clone(), name.clone())),
        _ => false,
    };
    let (values, names): (Vec<&Import>, Vec<&Import>) = facts
        .imports
        .iter()
        .filter(|import| !import.is_glob)
        .partition(|import| is_value(import));
    let mut heads: FxHashSet<Name> = names.into_iter().map(|import| import.alias.clone()).collect();
    heads.extend(facts.types.iter().map(|def| def.name.clone()));
    let mut constants: FxHashSet<Name> = facts.constants.iter().map(|constant| constant.name.clone()).collect();
    constants.extend(values.into_iter().map(|import| import.alias.clone()));
    heads.retain(|name| !constants.contains(name));
    let rewriter = Rewriter {
        heads,
        constants,
        has_type_case: matches!(
            facts.language,
            Language::Java | Language::Kotlin | Language::CSharp | Language::TypeScript | Language::JavaScript
        ),
    };
    for Function { params, body, .. } in &mut facts.functions {
        if let Some(body) = body {
            let mut bound = Vec::new();
            params.iter().for_each(|param| param.pattern.names(&mut bound));
            rewriter.rewrite(body, bound);
        }
    }
    for constant in &mut facts.constants {
        rewriter.rewrite(&mut constant.value, Vec::new());
    }
}

struct Rewriter {
    heads: FxHashSet<Name>,
    constants: FxHashSet<Name>,
    /// Names in upper case that nothing binds are types, perhaps of another file.
    has_type_case: bool,
}

impl Rewriter {
    fn rewrite(&self, body: &mut Body, params: Vec<Name>) {
        let bound = bound_names(body, params);
        let mut written: FxHashSet<ExprId> = FxHashSet::default();
        for idx in 0..body.exprs.len() {
            let id = ExprId(u32::try_from(idx).unwrap_or(u32::MAX));
            let (base, name) = match &body.get(id).kind {
                ExprKind::Field { base, name } => (*base, name.clone()),
                ExprKind::Method { receiver, method, .. } => (*receiver, method.clone()),
                // What is assigned to is a place, not a name.
                ExprKind::Assign { target, .. } => {
                    written.insert(*target);
                    continue;
                }
                _ => continue,
            };
            let ExprKind::Path(path) = &body.get(base).kind else {
                continue;
            };
            let Some(head) = path.segments.first() else { continue };
            if !self.is_head(head, &bound) || path.segments.len() != 1 {
                continue;
            }
            let mut path = path.clone();
            path.segments.push(name);
            match &mut body.exprs[idx].kind {
                kind @ ExprKind::Field { .. } => *kind = ExprKind::Path(path),
                kind @ ExprKind::Method { .. } => {
                    let ExprKind::Method { generics, args, .. } = std::mem::replace(
                        kind,
                        ExprKind::Break {
                            value: None,
                            label: None,
                        },
                    ) else {
                        continue;
                    };
                    *kind = ExprKind::Call { callee: base, args };
                    path.generics.extend(generics);
                    body.exprs[base.idx()].kind = ExprKind::Path(path);
                }
                _ => {}
            }
        }
    }

    fn is_head(&self, name: &Name, bound: &FxHashSet<Name>) -> bool {
        if bound.contains(name) || self.constants.contains(name) {
            return false;
        }
        let is_type = self.has_type_case && name.chars().next().is_some_and(char::is_uppercase);
        self.heads.contains(name) || is_type
    }
}

/// Every name that a parameter, binding or pattern of the body makes.
fn bound_names(body: &Body, params: Vec<Name>) -> FxHashSet<Name> {
    let mut names = params;
    let see = |pattern: &Pattern, names: &mut Vec<Name>| pattern.names(names);
    for (_, expr) in body.iter() {
        match &expr.kind {
            ExprKind::Bind { pattern, .. } | ExprKind::Let { pattern, .. } => see(pattern, &mut names),
            ExprKind::Closure { params, .. } => params.iter().for_each(|param| see(&param.pattern, &mut names)),
            ExprKind::Loop {
                pattern: Some(pattern), ..
            } => see(pattern, &mut names),
            ExprKind::Match { arms, .. } | ExprKind::Select(arms) | ExprKind::TryCatch { catches: arms, .. } => {
                arms.iter().for_each(|arm| see(&arm.pattern, &mut names));
            }
            _ => {}
        }
    }
    names.into_iter().collect()
}
