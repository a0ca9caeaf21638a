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

/// A number: fixed (milliseconds for limits of time, a count otherwise), or taken from an argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    Fixed(u64),
    Argument(ArgumentValue),
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
                ArgumentValue::deserialize(MapAccessDeserializer::new(map)).map(Value::Argument)
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
        };
        assert_eq!(holder.limit, Some(Value::Argument(argument)));
    }

    #[test]
    fn errors_say_what_is_allowed() {
        let error = read("paths = 3").expect_err("a number is no path");
        assert!(error.contains("a path in quotes, or a list of such paths"), "{error}");
        let error = read("limit = -1").expect_err("negative");
        assert!(error.contains("a whole number, or `{ argument = N }`"), "{error}");
        let error = read("limit = { arg = 0 }").expect_err("unknown key");
        assert!(error.contains("unknown field `arg`"), "{error}");
        assert!(read("paths = []").is_err());
    }
}
