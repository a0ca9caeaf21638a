//! Values of the catalogue that may be written in two ways, with error messages that say so.

use std::fmt;

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::catalog::schema::Unit;

/// One path, or a list of paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    /// All entries.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = OneOrMany;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a path in quotes, or a list of such paths")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMany, A::Error> {
                let mut many = Vec::new();
                while let Some(item) = items.next_element::<String>()? {
                    many.push(item);
                }
                if many.is_empty() {
                    return Err(de::Error::invalid_length(0, &self));
                }
                Ok(OneOrMany::Many(many))
            }
        }

        deserializer.deserialize_any(Texts)
    }
}

/// A number: fixed (milliseconds for limits of time, a count otherwise), taken from an argument, or configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    Fixed(u64),
    Argument(ArgumentValue),
    Config(ConfigValue),
}

/// A number that a configuration file holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigValue {
    /// The key; `{0}` stands for the text of argument 0: `resilience4j.retry.instances.{0}.max-attempts`.
    pub config: String,
    /// What holds where the key is not set.
    #[serde(default)]
    pub default: Option<u64>,
    /// The unit of a bare number.
    #[serde(default)]
    pub unit: Option<Unit>,
}

/// A number that an argument holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ArgumentValue {
    /// Position among the arguments, receiver not counted.
    pub argument: u32,
    /// Added to it: retries to tries.
    #[serde(default)]
    pub plus: u64,
    /// The unit of a bare number; a `Duration` needs none.
    #[serde(default)]
    pub unit: Option<Unit>,
    /// The argument is an object, and the number its field of that name; not written = the guard is not set.
    #[serde(default)]
    pub field: Option<String>,
    /// What holds where the argument is not written.
    #[serde(default)]
    pub default: Option<u64>,
    /// The argument may be a list (`(connect, read)`): its element at this position, or the argument itself.
    #[serde(default)]
    pub element: Option<u32>,
}

/// Either form, by which keys are there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AnyValue {
    argument: Option<u32>,
    #[serde(default)]
    plus: u64,
    field: Option<String>,
    element: Option<u32>,
    config: Option<String>,
    default: Option<u64>,
    unit: Option<Unit>,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl<'de> Visitor<'de> for Number {
            type Value = Value;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a whole number, or `{ argument = N }`")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Fixed(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
                let fixed =
                    u64::try_from(number).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))?;
                Ok(Value::Fixed(fixed))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
                let any = AnyValue::deserialize(MapAccessDeserializer::new(map))?;
                match (any.argument, any.config) {
                    (Some(argument), None) => Ok(Value::Argument(ArgumentValue {
                        argument,
                        plus: any.plus,
                        unit: any.unit,
                        field: any.field,
                        default: any.default,
                        element: any.element,
                    })),
                    (None, Some(config)) if any.plus == 0 && any.field.is_none() && any.element.is_none() => {
                        Ok(Value::Config(ConfigValue {
                            config,
                            default: any.default,
                            unit: any.unit,
                        }))
                    }
                    _ => Err(de::Error::custom("a value needs either `argument` or `config`")),
                }
            }
        }

        deserializer.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Holder {
        paths: Option<OneOrMany>,
        limit: Option<Value>,
    }

    fn read(text: &str) -> Result<Holder, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn both_ways_are_read() {
        let holder = read("paths = 'a::b'\nlimit = 5").expect("valid");
        assert_eq!(holder.paths.expect("given").as_slice(), ["a::b"]);
        assert_eq!(holder.limit, Some(Value::Fixed(5)));
        let holder = read("paths = ['a', 'b']\nlimit = { argument = 1, plus = 1, unit = 'seconds' }").expect("valid");
        assert_eq!(holder.paths.expect("given").as_slice(), ["a", "b"]);
        let argument = ArgumentValue {
            argument: 1,
            plus: 1,
            unit: Some(Unit::Seconds),
            field: None,
            default: None,
            element: None,
        };
        assert_eq!(holder.limit, Some(Value::Argument(argument)));
        let holder = read("limit = { config = 'client.{0}.timeout', default = 500 }").expect("valid");
        let config = ConfigValue {
            config: "client.{0}.timeout".to_owned(),
            default: Some(500),
            unit: None,
        };
        assert_eq!(holder.limit, Some(Value::Config(config)));
    }

    #[test]
    fn errors_say_what_is_allowed() {
        let error = read("paths = 3").expect_err("a number is no path");
        assert!(error.contains("a path in quotes, or a list of such paths"), "{error}");
        let error = read("limit = -1").expect_err("negative");
        assert!(error.contains("a whole number, or `{ argument = N }`"), "{error}");
        let error = read("limit = { arg = 0 }").expect_err("unknown key");
        assert!(error.contains("unknown field `arg`"), "{error}");
        let error = read("limit = { argument = 0, config = 'key' }").expect_err("both");
        assert!(error.contains("either `argument` or `config`"), "{error}");
        assert!(read("paths = []").is_err());
    }
}
