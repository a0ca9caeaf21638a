//! Names of packages are unique inside an ecosystem only: `log` is a crate and a Go package. Outside Rust the first
//! segment of every path carries its ecosystem once the catalogue is loaded; files are written without.

use crate::{
    catalog::schema::{Library, OneOrMany},
    model::{Name, expr::TypeRef, package::Ecosystem},
};

/// What stands before a package's name in paths of the catalogue and of resolved code.
#[must_use]
pub const fn prefix(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::Cargo => "",
        Ecosystem::Go => "go:",
        Ecosystem::Npm => "typescript:",
        Ecosystem::Python => "python:",
        Ecosystem::Maven => "java:",
        Ecosystem::Nuget => "csharp:",
    }
}

/// The prefix of a library's own paths, by its id.
pub(super) fn prefix_of(library: &Library) -> &'static str {
    let all = [
        Ecosystem::Go,
        Ecosystem::Npm,
        Ecosystem::Python,
        Ecosystem::Maven,
        Ecosystem::Nuget,
    ];
    let folder = library.id.split('/').next().unwrap_or_default();
    let found = all
        .into_iter()
        .map(prefix)
        .find(|prefix| prefix.trim_end_matches(':') == folder);
    found.unwrap_or_default()
}

/// Put the prefix before all paths of a library.
pub(super) fn qualify(library: &mut Library) {
    let prefix = prefix_of(library);
    if prefix.is_empty() {
        return;
    }
    let add = |text: &mut String| text.insert_str(0, prefix);
    library.crates.iter_mut().for_each(add);
    for ty in &mut library.types {
        add(&mut ty.path);
        ty.aliases
            .iter_mut()
            .chain(&mut ty.traits)
            .chain(&mut ty.preludes)
            .for_each(add);
    }
    for function in &mut library.functions {
        match &mut function.path {
            OneOrMany::One(one) => add(one),
            OneOrMany::Many(many) => many.iter_mut().for_each(add),
        }
        function.injects.iter_mut().for_each(add);
        function.configured_type.iter_mut().for_each(add);
    }
    for default in &mut library.defaults {
        default.on.iter_mut().filter(|on| !on.starts_with('*')).for_each(add);
    }
    for entry in &mut library.entries {
        let places = [&mut entry.function, &mut entry.attribute, &mut entry.implements];
        places.into_iter().flatten().for_each(add);
    }
}

/// Put the prefix before the paths in a type. One word alone names no package.
pub(super) fn qualify_type(ty: &mut TypeRef, prefix: &str) {
    match ty {
        TypeRef::Named {
            segments,
            args,
            bindings,
        } => {
            if 1 < segments.len() && segments[0] != "std" {
                segments[0] = Name::from(format!("{prefix}{}", segments[0]));
            }
            args.iter_mut().for_each(|arg| qualify_type(arg, prefix));
            bindings.iter_mut().for_each(|(_, ty)| qualify_type(ty, prefix));
        }
        TypeRef::Tuple(items) | TypeRef::Dyn(items) | TypeRef::Impl(items) => {
            items.iter_mut().for_each(|item| qualify_type(item, prefix));
        }
        TypeRef::Slice(of) => qualify_type(of, prefix),
        TypeRef::Fn { params, ret } => {
            params.iter_mut().for_each(|param| qualify_type(param, prefix));
            ret.iter_mut().for_each(|ret| qualify_type(ret, prefix));
        }
        TypeRef::Projection { base, .. } => qualify_type(base, prefix),
        TypeRef::Never | TypeRef::Infer => {}
    }
}
