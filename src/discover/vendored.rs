//! Folders of other people's code and of build output, told from own code by what stands in and beside them.

use std::{fs, path::Path};

use crate::discover::classify::{Class, FileKind, classify};

/// A folder and what stands beside it.
pub(super) struct Surroundings<'a> {
    pub(super) name: &'a str,
    pub(super) absolute: &'a Path,
    /// Names in the folder that holds it.
    pub(super) siblings: &'a [&'a str],
}

/// Why a folder is not read as own code, if it is not.
pub(super) fn reason(folder: &Surroundings<'_>) -> Option<&'static str> {
    let has = |name: &str| fs::symlink_metadata(folder.absolute.join(name)).is_ok();
    let beside = |names: &[&str]| names.iter().any(|name| folder.siblings.contains(name));
    match folder.name {
        "node_modules" | "bower_components" | "site-packages" => Some("vendored code"),
        "venv" | "virtualenv" if has("pyvenv.cfg") => Some("vendored code"),
        "__pycache__" => Some("build output"),
        "vendor" | "third_party" | "third-party" if !is_own_module(folder) => Some("vendored code"),
        "target" if has("CACHEDIR.TAG") || beside(&["Cargo.toml", "pom.xml"]) => Some("build output"),
        "dist" | "out" if beside(&["package.json", "pyproject.toml", "setup.py"]) => Some("build output"),
        "build" if beside(&["package.json", "build.gradle", "build.gradle.kts", "setup.py"]) => Some("build output"),
        "bin" | "obj" if folder.siblings.iter().any(|name| name.ends_with(".csproj")) => Some("build output"),
        _ => None,
    }
}

/// `vendor` is also a word of trade: a module of that name has source files of its own, or a module file beside it,
/// where vendored trees have a folder for each library.
fn is_own_module(folder: &Surroundings<'_>) -> bool {
    let module_file = format!("{}.rs", folder.name);
    if folder.siblings.contains(&module_file.as_str()) {
        return true;
    }
    let Ok(entries) = fs::read_dir(folder.absolute) else {
        return false;
    };
    entries.filter_map(Result::ok).any(|entry| {
        let is_file = entry.file_type().is_ok_and(|file_type| file_type.is_file());
        is_file
            && matches!(
                classify(&entry.file_name().to_string_lossy()),
                Class::Known(FileKind::Source(_))
            )
    })
}
