//! Modules of languages other than Rust: what a file's module is called, and what its imports mean.
//!
//! The first segment of an outside path is the unit of import as the language writes it: a Go import path
//! (`net/http`), a Java package, a C# namespace, an npm or Python package. Scanned files have a name of the same
//! sort, so that one table answers both.

use crate::{
    catalog::ecosystems::prefix,
    model::{
        Name,
        fact::{FileFacts, Language},
        package::{Ecosystem, Package},
    },
};

use super::{
    paths::Space,
    symbols::{Def, World},
    ty::ModuleId,
};

/// What marks the unit of a script: its path from the root, since scripts import each other by path.
const SCRIPT: &str = "./";

/// The module name of a file outside Rust's module trees.
pub(crate) fn unit_of(facts: &FileFacts, package: &Package) -> Name {
    if let Some(declared) = &facts.namespace {
        return declared.clone();
    }
    let inner = facts.file.strip_prefix(package.dir.as_ref()).unwrap_or(&facts.file);
    let inner = inner.trim_start_matches('/');
    match facts.language {
        Language::Go => {
            let dir = inner.rsplit_once('/').map_or("", |(dir, _)| dir);
            if dir.is_empty() {
                package.name.clone()
            } else {
                Name::from(format!("{}/{dir}", package.name))
            }
        }
        Language::Python => Name::from(python_module(inner).replace('/', ".")),
        _ => script(&facts.file),
    }
}

fn python_module(path: &str) -> &str {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let stem = stem.strip_prefix("src/").unwrap_or(stem);
    stem.strip_suffix("/__init__").unwrap_or(stem)
}

fn script(path: &str) -> Name {
    let stem = [".d.ts", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"]
        .iter()
        .find_map(|suffix| path.strip_suffix(suffix))
        .unwrap_or(path);
    let stem = stem.strip_suffix("/index").unwrap_or(stem);
    Name::from(format!("{SCRIPT}{stem}"))
}

/// Make relative imports (`./client`, `.client`) name the unit that they mean.
pub(crate) fn absolute_imports(facts: &mut FileFacts, package: &Package) {
    let own = unit_of(facts, package);
    let is_package_file = facts.file.ends_with("__init__.py");
    let dir = facts.file.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned();
    for import in &mut facts.imports {
        let Some(first) = import.path.first() else { continue };
        if !first.starts_with('.') {
            continue;
        }
        let absolute = match facts.language {
            Language::Python => python_relative(&own, is_package_file, first),
            Language::TypeScript | Language::JavaScript => script(&folded(&dir, first)),
            _ => continue,
        };
        import.path[0] = absolute;
    }
}

/// `.client` in `shop.geo.api` is `shop.geo.client`; each further dot is one package up.
fn python_relative(own: &str, is_package_file: bool, written: &str) -> Name {
    let rest = written.trim_start_matches('.');
    let n_dots = written.len() - rest.len();
    let mut parts: Vec<&str> = own.split('.').collect();
    let n_up = if is_package_file {
        n_dots.saturating_sub(1)
    } else {
        n_dots
    };
    parts.truncate(parts.len().saturating_sub(n_up));
    parts.extend(rest.split('.').filter(|part| !part.is_empty()));
    Name::from(parts.join("."))
}

fn folded(dir: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// The innermost package around a file.
pub(crate) fn package_around(packages: &[Package], facts: &FileFacts) -> Option<usize> {
    packages
        .iter()
        .enumerate()
        .filter(|(_, package)| {
            package.root == facts.root
                && (package.dir.is_empty()
                    || facts
                        .file
                        .strip_prefix(package.dir.as_ref())
                        .is_some_and(|rest| rest.starts_with('/')))
        })
        .max_by_key(|(idx, package)| (package.dir.len(), usize::MAX - idx))
        .map(|(idx, _)| idx)
}

impl World<'_> {
    /// The ecosystem of the package that a module belongs to.
    pub(crate) fn ecosystem(&self, module: ModuleId) -> Ecosystem {
        self.packages[self.crates[self.module(module).krate].package].ecosystem
    }

    /// What a unit's name denotes outside Rust: scanned files, or a package that the catalogue knows.
    pub(crate) fn unit(&self, module: ModuleId, name: &Name) -> Option<Def> {
        if let Some(scanned) = self.units.get(name) {
            return Some(Def::Module(*scanned));
        }
        let workspace = self
            .packages
            .iter()
            .find(|package| &package.name == name && package.ecosystem == Ecosystem::Npm && !package.is_third_party);
        if let Some(package) = workspace {
            let dir = &package.dir;
            let entry = [format!("{SCRIPT}{dir}/src"), format!("{SCRIPT}{dir}")];
            if let Some(scanned) = entry.iter().find_map(|unit| self.units.get(unit.as_str())) {
                return Some(Def::Module(*scanned));
            }
        }
        let outside = self.outside_unit(module, name);
        self.catalog.knows_crate(&outside).map(|_| Def::Extern(vec![outside]))
    }

    /// A package outside, as its ecosystem names it.
    fn outside_unit(&self, module: ModuleId, name: &Name) -> Name {
        let prefix = prefix(self.ecosystem(module));
        // Code that was spelled out names packages in full.
        if name.starts_with(prefix) {
            return name.clone();
        }
        Name::from(format!("{prefix}{name}"))
    }

    /// An import of something that is neither scanned nor in the catalogue.
    pub(crate) fn outside_import(&self, module: ModuleId, path: &[Name]) -> Option<Def> {
        let first = path.first()?;
        let is_inside = self.ecosystem(module) == Ecosystem::Cargo || self.units.contains_key(first);
        (!is_inside && self.lookup(module, first, Space::Type).is_none()).then(|| {
            let mut path = path.to_vec();
            path[0] = self.outside_unit(module, &path[0]);
            Def::Extern(path)
        })
    }

    /// A name that every file of the language sees without import, where the catalogue describes it.
    pub(crate) fn global_name(&self, module: ModuleId, name: &Name) -> Option<Def> {
        let global = match self.ecosystem(module) {
            Ecosystem::Npm => "globalThis",
            Ecosystem::Python => "builtins",
            Ecosystem::Maven => "java.lang",
            Ecosystem::Nuget => "System",
            Ecosystem::Cargo | Ecosystem::Go => return None,
        };
        let path = vec![self.outside_unit(module, &Name::new(global)), name.clone()];
        let is_known = self.catalog.canonical_type(&path).is_some() || self.catalog.is_named(&path);
        is_known.then_some(Def::Extern(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_imports_become_units() {
        assert_eq!(script("src/geo/index.ts"), "./src/geo");
        assert_eq!(script(&folded("src/geo", "../http/client")), "./src/http/client");
        assert_eq!(python_relative("shop.geo.api", false, ".client"), "shop.geo.client");
        assert_eq!(python_relative("shop.geo", true, ".client"), "shop.geo.client");
        assert_eq!(python_relative("shop.geo.api", false, "..http"), "shop.http");
        assert_eq!(python_module("src/shop/__init__.py"), "shop");
    }
}
