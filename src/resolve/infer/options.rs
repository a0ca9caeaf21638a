//! What the methods of `Option` and `Result` do to types.

use crate::{model::expr::Arg, resolve::ty::Ty};

use super::Inferer;

/// The container that a method is called on.
struct Held {
    own: Ty,
    /// In `Some` or `Ok`.
    value: Ty,
    err: Ty,
    is_result: bool,
}

impl Held {
    fn of(own: &Ty) -> Self {
        Self {
            own: own.clone(),
            value: own.arg(0),
            err: own.arg(1),
            is_result: matches!(own.as_std(), Some(("Result", _))),
        }
    }

    /// The same container around another value.
    fn rewrap(&self, value: Ty) -> Ty {
        if self.is_result {
            Ty::result(value, self.err.clone())
        } else {
            Ty::option(value)
        }
    }

    /// What a closure gets that handles the other case: the error, or nothing.
    fn otherwise(&self) -> &[Ty] {
        if self.is_result {
            std::slice::from_ref(&self.err)
        } else {
            &[]
        }
    }
}

impl<'a> Inferer<'_, 'a> {
    /// `None` = no such method.
    pub(super) fn option_method(&mut self, own: &Ty, method: &str, args: &'a [Arg], expected: &Ty) -> Option<Ty> {
        let held = Held::of(own);
        self.option_closure(&held, method, args, expected)
            .or_else(|| self.option_plain(held, method, args, expected))
    }

    /// Methods that hand the value to a closure and give what it gives.
    fn option_closure(&mut self, held: &Held, method: &str, args: &'a [Arg], expected: &Ty) -> Option<Ty> {
        let value = std::slice::from_ref(&held.value);
        let ty = match method {
            "unwrap_or_else" => {
                let of = self.closure_arg(args, 0, held.otherwise(), &held.value);
                held.value.clone().or(|| of)
            }
            "map" => {
                let of = self.closure_arg(args, 0, value, &Ty::Unknown);
                held.rewrap(of)
            }
            "map_err" => {
                let of = self.closure_arg(args, 0, std::slice::from_ref(&held.err), &Ty::Unknown);
                Ty::result(held.value.clone(), of)
            }
            "and_then" => {
                let of = self.closure_arg(args, 0, value, expected);
                of.or(|| held.rewrap(Ty::Unknown))
            }
            "or_else" => {
                self.closure_arg(args, 0, held.otherwise(), &held.own);
                held.own.clone()
            }
            "map_or" => {
                let default = self.first_arg(args, expected);
                let of = self.closure_arg(args, 1, value, &default);
                of.or(|| default)
            }
            "map_or_else" => {
                let default = self.closure_arg(args, 0, held.otherwise(), expected);
                let of = self.closure_arg(args, 1, value, expected);
                of.or(|| default)
            }
            "is_some" | "is_none" | "is_ok" | "is_err" | "is_some_and" | "is_ok_and" | "is_none_or" | "is_err_and" => {
                let is_err = method.starts_with("is_err");
                let param = if is_err { &held.err } else { &held.value };
                for arg in args {
                    self.infer(arg.value, &Ty::function(std::slice::from_ref(param), Ty::prim("bool")));
                }
                Ty::prim("bool")
            }
            "get_or_insert_with" | "get_or_insert" => {
                for arg in args {
                    self.infer(arg.value, &Ty::function(&[], held.value.clone()));
                }
                held.value.clone()
            }
            _ => return None,
        };
        Some(ty)
    }

    fn option_plain(&mut self, held: Held, method: &str, args: &'a [Arg], expected: &Ty) -> Option<Ty> {
        let ty = match method {
            "unwrap" | "expect" | "unwrap_or_default" | "unwrap_unchecked" | "into_ok" => {
                self.infer_args(args);
                held.value.or(|| expected.clone())
            }
            "unwrap_or" => {
                let other = self.first_arg(args, &held.value);
                held.value.or(|| other)
            }
            "unwrap_err" | "expect_err" => held.err,
            "or" | "xor" | "inspect" | "inspect_err" | "filter" | "take" | "replace" | "as_ref" | "as_mut"
            | "as_deref" | "as_deref_mut" | "cloned" | "copied" | "clone" | "to_owned" | "by_ref" | "insert"
            | "context" | "with_context" | "wrap_err" | "wrap_err_with" | "trace" | "log_err" => {
                let is_err = method == "inspect_err";
                let param = if is_err { &held.err } else { &held.value };
                for arg in args {
                    self.infer(arg.value, &Ty::function(std::slice::from_ref(param), Ty::Unknown));
                }
                match method {
                    "context" | "with_context" | "wrap_err" | "wrap_err_with" => Ty::result(held.value, Ty::Unknown),
                    "as_deref" | "as_deref_mut" => {
                        let inner = held.value.deref().unwrap_or_else(|| held.value.clone());
                        held.rewrap(inner)
                    }
                    "insert" => held.value,
                    _ => held.own,
                }
            }
            "ok" => Ty::option(held.value),
            "err" => Ty::option(held.err),
            "ok_or" | "ok_or_else" => {
                let of = self.first_arg(args, &Ty::Unknown);
                let err = if method == "ok_or" { of } else { self.called(&of) };
                Ty::result(held.value, err)
            }
            "transpose" => transposed(&held),
            "flatten" => held.value.or(|| expected.clone()),
            "zip" => {
                let other = self.first_arg(args, &Ty::Unknown);
                Ty::option(Ty::Tuple([held.value, other.arg(0)].into()))
            }
            "iter" | "into_iter" | "iter_mut" => Ty::iter(held.value),
            _ => return None,
        };
        Some(ty)
    }
}

fn transposed(held: &Held) -> Ty {
    match held.value.as_std() {
        Some(("Result", _)) => Ty::result(Ty::option(held.value.arg(0)), held.value.arg(1)),
        Some(("Option", _)) => Ty::option(Ty::result(held.value.arg(0), held.err.clone())),
        _ => Ty::Unknown,
    }
}
