//! Configuration that code reads: environment variables, keys, and structs that are filled from outside.

use crate::{
    catalog::schema::Function,
    model::{
        Name,
        expr::{Arg, Literal},
        fact::{Attribute, FieldDef},
        term::{ConfigKey, ConfigKind, Term},
    },
};

use super::{
    paths::Space,
    symbols::Def,
    ty::TypeId,
    values::{Context, Flow, Value, as_term},
};

/// Derives that fill a struct from outside the program.
const CONFIG_DERIVES: &[&str] = &[
    "Deserialize",
    "Parser",
    "Args",
    "Envconfig",
    "FromEnv",
    "StructOpt",
    "Config",
    "Subcommand",
];

impl Flow<'_, '_> {
    /// An environment variable or key: `env::var("X")`.
    pub(crate) fn config_read(&self, context: &Context, function: &Function, args: &[Arg]) -> Value {
        let key = function.key.unwrap_or(0) as usize;
        match args.get(key).map(|arg| self.term(context, arg.value)) {
            Some(Term::Text(name)) => {
                let kind = if function.path.as_slice().iter().any(|path| path.contains("env")) {
                    ConfigKind::Env
                } else {
                    ConfigKind::Key
                };
                Value::Term(Term::Config {
                    key: ConfigKey { kind, name },
                    default: None,
                })
            }
            _ => Value::Unknown(Name::new("a configuration key that is not literal")),
        }
    }

    /// The value of a field that a derive fills: from the environment, a file or the command line.
    pub(crate) fn configured_field(&self, of: TypeId, name: &Name) -> Option<Value> {
        let data = self.bodies.world.ty(of);
        if !data
            .def
            .derives
            .iter()
            .any(|derive| CONFIG_DERIVES.contains(&derive.rsplit("::").next().unwrap_or(derive)))
        {
            return None;
        }
        // What a library's own types are filled from is no setting of this system.
        let world = self.bodies.world;
        if world.packages[world.crates[world.module(data.module).krate].package].is_third_party {
            return None;
        }
        let field = data.def.fields.iter().find(|field| &field.name == name)?;
        // A tuple's field has no key: a newtype is what it wraps.
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if field
            .attributes
            .iter()
            .any(|attribute| flag(attribute, "skip") || flag(attribute, "flatten") || flag(attribute, "subcommand"))
        {
            return None;
        }
        let key = field_key(key_name(field), field);
        let is_optional =
            matches!(self.bodies.world.field_of(of, &[], name), Some(ty) if matches!(ty.as_std(), Some(("Option", _))));
        let default = self.field_default(of, field).or(is_optional.then_some(Term::Absent));
        Some(Value::Term(Term::Config {
            key,
            default: default.map(Box::new),
        }))
    }

    /// `#[serde(default = "f")]`, `#[arg(default_value = "…")]`, `#[serde(default)]` with `impl Default`.
    fn field_default(&self, of: TypeId, field: &FieldDef) -> Option<Term> {
        let world = self.bodies.world;
        for attribute in &field.attributes {
            for (name, value) in &attribute.args {
                match (name.as_ref().map(Name::as_str), value) {
                    (Some("default"), Some(Literal::Str(path)))
                        if attribute.path.last().is_some_and(|last| last == "serde") =>
                    {
                        let segments: Vec<Name> = path.split("::").map(Name::new).collect();
                        if let Some(Def::Function(id)) =
                            world.resolve_path(world.ty(of).module, &segments, Space::Value)
                        {
                            return Some(as_term(&self.eval_returns(id, None)));
                        }
                    }
                    (Some("default_value" | "default" | "default_value_t"), Some(value)) => return literal_term(value),
                    _ => {}
                }
            }
        }
        None
    }
}

/// The variable or key that fills a field.
fn field_key(fallback: Name, field: &FieldDef) -> ConfigKey {
    for attribute in &field.attributes {
        for (name, value) in &attribute.args {
            if let (Some("env" | "from"), Some(Literal::Str(text))) = (name.as_ref().map(Name::as_str), value) {
                return ConfigKey {
                    kind: ConfigKind::Env,
                    name: text.clone(),
                };
            }
            // `#[arg(env)]`: the variable is named after the field.
            if name.is_none() && matches!(value, Some(Literal::Str(word)) if word == "env") || flag(attribute, "env") {
                return ConfigKey {
                    kind: ConfigKind::Env,
                    name: Name::from(field.name.to_uppercase()),
                };
            }
        }
    }
    ConfigKey {
        kind: ConfigKind::Key,
        name: fallback,
    }
}

/// The key that a field is read from: `rename`, else its own name.
fn key_name(field: &FieldDef) -> Name {
    let renamed = field
        .attributes
        .iter()
        .flat_map(|attribute| &attribute.args)
        .find_map(|(name, value)| match (name.as_ref().map(Name::as_str), value) {
            (Some("rename"), Some(Literal::Str(text))) => Some(text.clone()),
            _ => None,
        });
    renamed.unwrap_or_else(|| field.name.clone())
}

fn flag(attribute: &Attribute, word: &str) -> bool {
    attribute
        .args
        .iter()
        .any(|(name, value)| value.is_none() && name.as_ref().is_some_and(|name| name == word))
}

fn literal_term(literal: &Literal) -> Option<Term> {
    match literal {
        Literal::Str(text) => Some(Term::Text(text.clone())),
        Literal::Int(number) => u64::try_from(*number).ok().map(Term::Count),
        Literal::Bool(flag) => Some(Term::Bool(*flag)),
        _ => None,
    }
}
