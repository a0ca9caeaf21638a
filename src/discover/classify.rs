//! What a file is, from its name alone.

use crate::{discover::language, model::fact::Language};

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// Source text of a language that failmap knows by name (read or not).
    Source(Language),
    /// `Cargo.toml`.
    CargoManifest,
    /// `Cargo.lock`.
    CargoLock,
    /// A compose file, overrides included.
    Compose,
    /// A `Dockerfile` under any of its usual names.
    Dockerfile,
    /// `.env` and its variants.
    EnvFile,
    /// failmap's own settings.
    FailmapConfig,
}

/// What the name of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Known(FileKind),
    /// A language or format that failmap knows of and does not read; its name for the ledger.
    NotRead(&'static str),
    /// A bundle made for browsers.
    Minified,
    /// Nothing that could hold a call or a declaration: text, pictures, data.
    Other,
}

/// The names of failmap's own settings, in order of precedence.
pub const CONFIG_NAMES: [&str; 2] = ["failmap.toml", ".failmap.toml"];

/// Classify by file name (without folder).
pub(super) fn classify(name: &str) -> Class {
    let lower = name.to_ascii_lowercase();
    if CONFIG_NAMES.contains(&name) {
        return Class::Known(FileKind::FailmapConfig);
    }
    match name {
        "Cargo.toml" => return Class::Known(FileKind::CargoManifest),
        "Cargo.lock" => return Class::Known(FileKind::CargoLock),
        _ => {}
    }
    if is_env_file(&lower) {
        return Class::Known(FileKind::EnvFile);
    }
    if lower.starts_with('.') {
        return Class::Other;
    }
    if is_dockerfile(&lower) {
        return Class::Known(FileKind::Dockerfile);
    }
    if is_compose(&lower) {
        return Class::Known(FileKind::Compose);
    }
    if let Some(format) = format_not_read(&lower) {
        return Class::NotRead(format);
    }
    let Some((stem, extension)) = lower.rsplit_once('.') else {
        return Class::Other;
    };
    if matches!(extension, "js" | "mjs" | "cjs") && (stem.ends_with(".min") || stem.ends_with(".bundle")) {
        return Class::Minified;
    }
    match language::of_extension(extension) {
        Some((Language::Other, shown)) => Class::NotRead(shown),
        Some((language, _)) => Class::Known(FileKind::Source(language)),
        None => Class::Other,
    }
}

fn is_env_file(lower: &str) -> bool {
    lower == ".env" || lower.starts_with(".env.") || (lower.ends_with(".env") && 4 < lower.len())
}

fn is_dockerfile(lower: &str) -> bool {
    matches!(lower, "dockerfile" | "containerfile")
        || lower.starts_with("dockerfile.")
        || lower.starts_with("containerfile.")
        || lower.ends_with(".dockerfile")
}

/// `compose.yaml`, `docker-compose.yml`, and what people put before and after those names.
fn is_compose(lower: &str) -> bool {
    let Some(stem) = lower.strip_suffix(".yml").or_else(|| lower.strip_suffix(".yaml")) else {
        return false;
    };
    stem == "compose"
        || stem.starts_with("compose.")
        || stem.starts_with("compose-")
        || stem.ends_with("-compose")
        || stem.ends_with(".compose")
        || stem.contains("docker-compose")
}

/// Manifests and declarations of formats that have no reader yet.
fn format_not_read(lower: &str) -> Option<&'static str> {
    Some(match lower {
        "package.json" => "npm manifest",
        "go.mod" => "Go module file",
        "pom.xml" => "Maven manifest",
        "build.gradle" | "build.gradle.kts" => "Gradle build file",
        "pyproject.toml" | "requirements.txt" | "pipfile" => "Python manifest",
        "gemfile" => "Ruby manifest",
        "composer.json" => "PHP manifest",
        "chart.yaml" => "Helm chart",
        "kustomization.yaml" | "kustomization.yml" => "Kustomize file",
        "openapi.json" | "openapi.yaml" | "openapi.yml" | "swagger.json" | "swagger.yaml" => "OpenAPI contract",
        "application.yml" | "application.yaml" | "application.properties" => "application configuration",
        _ => match lower.rsplit_once('.')?.1 {
            "proto" => "protobuf contract",
            "tf" => "Terraform file",
            "csproj" => ".NET project file",
            "graphql" | "gql" => "GraphQL file",
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Class) {
        assert_eq!(classify(name), expected, "{name}");
    }

    #[test]
    fn kinds_by_name() {
        check("main.rs", Class::Known(FileKind::Source(Language::Rust)));
        check("App.TSX", Class::Known(FileKind::Source(Language::TypeScript)));
        check("Cargo.toml", Class::Known(FileKind::CargoManifest));
        check("cargo.toml", Class::Other);
        check(".env", Class::Known(FileKind::EnvFile));
        check(".env.production", Class::Known(FileKind::EnvFile));
        check("api.env", Class::Known(FileKind::EnvFile));
        check(".failmap.toml", Class::Known(FileKind::FailmapConfig));
        check("Dockerfile.api", Class::Known(FileKind::Dockerfile));
        check("compute-node.Dockerfile", Class::Known(FileKind::Dockerfile));
        check("docker-compose.override.yml", Class::Known(FileKind::Compose));
        check("testing-docker-compose.yml", Class::Known(FileKind::Compose));
        check("compose.yaml", Class::Known(FileKind::Compose));
        check("composer.yaml", Class::Other);
        check("package.json", Class::NotRead("npm manifest"));
        check("main.cpp", Class::NotRead("C++"));
        check("jquery.min.js", Class::Minified);
        check("admin.js", Class::Known(FileKind::Source(Language::JavaScript)));
        check("README.md", Class::Other);
        check(".eslintrc.js", Class::Other);
        check("LICENSE", Class::Other);
    }
}
