//! What the methods of vectors, iterators and streams do to types.

use crate::{
    model::expr::{Arg, TypeRef},
    resolve::ty::Ty,
};

use super::Inferer;

/// The sequence that a method is called on.
struct Sequence {
    own: Ty,
    /// Its elements.
    of: Ty,
    is_stream: bool,
}

impl Sequence {
    fn of(own: &Ty) -> Self {
        let name = own.as_std().map_or("", |(name, _)| name);
        Self {
            own: own.clone(),
            of: if name == "FutureSet" {
                own.arg(0).awaited()
            } else {
                own.element()
            },
            is_stream: matches!(name, "Stream" | "FutureSet"),
        }
    }

    /// A lazy sequence of the same kind with other elements.
    fn wrap(&self, of: Ty) -> Ty {
        if self.is_stream {
            Ty::ext("std::Stream", &[of])
        } else {
            Ty::iter(of)
        }
    }

    /// What consuming the whole sequence gives: awaited for a stream.
    fn consumed(&self, ty: Ty) -> Ty {
        if self.is_stream { Ty::future(ty) } else { ty }
    }
}

impl<'a> Inferer<'_, 'a> {
    /// `None` = no such method.
    pub(super) fn sequence_method(
        &mut self,
        own: &Ty,
        method: &str,
        generics: &[TypeRef],
        args: &'a [Arg],
        expected: &Ty,
    ) -> Option<Ty> {
        let sequence = Sequence::of(own);
        self.sequence_closure(&sequence, method, args, expected)
            .or_else(|| self.sequence_adapter(&sequence, method, args))
            .or_else(|| self.sequence_element(&sequence, method, args))
            .or_else(|| self.sequence_plain(&sequence, method, generics, args, expected))
    }

    /// Methods that hand the elements to a closure.
    fn sequence_closure(&mut self, on: &Sequence, method: &str, args: &'a [Arg], expected: &Ty) -> Option<Ty> {
        let ty = match method {
            "filter"
            | "take_while"
            | "skip_while"
            | "inspect"
            | "retain"
            | "sort_by_key"
            | "sort_by"
            | "max_by_key"
            | "min_by_key"
            | "find"
            | "position"
            | "any"
            | "all"
            | "for_each"
            | "try_for_each"
            | "partition"
            | "for_each_concurrent"
            | "try_for_each_concurrent"
            | "dedup_by_key"
            | "sorted_by_key" => {
                let n = args.len();
                if n > 1 {
                    self.infer(args[0].value, &Ty::Unknown);
                }
                let ret = self.closure_arg(args, n.saturating_sub(1), std::slice::from_ref(&on.of), &Ty::Unknown);
                match method {
                    "find" | "max_by_key" | "min_by_key" => Ty::option(on.of.clone()),
                    "any" | "all" => Ty::prim("bool"),
                    "position" => Ty::option(Ty::prim("usize")),
                    "for_each" | "for_each_concurrent" => on.consumed(Ty::prim("()")),
                    "try_for_each" | "try_for_each_concurrent" if on.is_stream => Ty::future(self.await_of(&ret)),
                    "try_for_each" | "try_for_each_concurrent" => ret,
                    "retain" | "sort_by_key" | "sort_by" => Ty::prim("()"),
                    "partition" => expected.clone(),
                    _ => on.wrap(on.of.clone()),
                }
            }
            "map" | "flat_map" | "filter_map" | "map_while" | "scan" | "then" | "and_then" | "map_ok"
            | "try_filter_map" => {
                let last = args.len().saturating_sub(1);
                let ret = self.closure_arg(args, last, std::slice::from_ref(&on.of), &Ty::Unknown);
                on.wrap(match method {
                    "filter_map" | "map_while" => ret.unwrapped(),
                    "flat_map" => self.element_of(&ret),
                    "then" => self.await_of(&ret),
                    _ => ret,
                })
            }
            "fold" | "try_fold" => {
                let start = self.first_arg(args, expected);
                self.closure_arg(args, 1, &[start.clone(), on.of.clone()], &start);
                start
            }
            _ => return None,
        };
        Some(ty)
    }

    /// Methods that give another sequence.
    fn sequence_adapter(&mut self, on: &Sequence, method: &str, args: &'a [Arg]) -> Option<Ty> {
        let of = on.of.clone();
        let ty = match method {
            "iter" | "into_iter" | "iter_mut" | "drain" | "rev" | "skip" | "take" | "step_by" | "cloned" | "copied"
            | "peekable" | "fuse" | "chain" | "by_ref" | "dedup" | "sorted" | "into_par_iter" | "par_iter"
            | "cycle" | "boxed" | "into_stream" | "union" | "intersection" | "difference" => {
                self.infer_args(args);
                on.wrap(of)
            }
            "enumerate" => on.wrap(Ty::Tuple([Ty::prim("usize"), of].into())),
            "zip" => {
                let other = self.first_arg(args, &Ty::Unknown);
                on.wrap(Ty::Tuple([of, self.element_of(&other)].into()))
            }
            "flatten" => on.wrap(self.element_of(&of)),
            "chunks" | "windows" | "chunks_exact" | "array_chunks" => {
                self.infer_args(args);
                on.wrap(Ty::ext("std::Vec", &[of]))
            }
            "buffer_unordered" | "buffered" | "try_buffer_unordered" | "try_buffered" => {
                self.infer_args(args);
                Ty::ext("std::Stream", &[self.await_of(&of)])
            }
            _ => return None,
        };
        Some(ty)
    }

    /// Methods that give an element.
    fn sequence_element(&mut self, on: &Sequence, method: &str, args: &'a [Arg]) -> Option<Ty> {
        let of = on.of.clone();
        let ty = match method {
            "next" if on.is_stream => Ty::future(Ty::option(of)),
            "try_next" if on.is_stream => Ty::future(Ty::result(Ty::option(of), Ty::Unknown)),
            "next" | "first" | "last" | "get" | "get_mut" | "pop" | "pop_front" | "pop_back" | "nth" | "max"
            | "min" | "peek" | "first_mut" | "last_mut" | "choose" | "front" | "back" | "next_back" | "reduce" => {
                self.infer_args(args);
                Ty::option(of)
            }
            "remove" | "swap_remove" => {
                self.infer_args(args);
                of
            }
            "sum" | "product" => of,
            "split_first" | "split_last" => Ty::option(Ty::Tuple([of, on.own.clone()].into())),
            _ => return None,
        };
        Some(ty)
    }

    fn sequence_plain(
        &mut self,
        on: &Sequence,
        method: &str,
        generics: &[TypeRef],
        args: &'a [Arg],
        expected: &Ty,
    ) -> Option<Ty> {
        let ty = match method {
            "collect" | "try_collect" | "collect_vec" | "to_vec" | "concat" => {
                let written = generics
                    .first()
                    .map(|ty| self.world.lower(ty, &self.scope()))
                    .unwrap_or_default();
                let wanted = written.or(|| {
                    if on.is_stream {
                        expected.awaited()
                    } else {
                        expected.clone()
                    }
                });
                on.consumed(collected(&wanted, &on.of))
            }
            "len" | "count" => Ty::prim("usize"),
            "is_empty" | "contains" => {
                self.infer_args(args);
                Ty::prim("bool")
            }
            "join" => {
                self.infer_args(args);
                Ty::ext("std::String", &[])
            }
            "clone" | "to_owned" | "as_slice" | "as_ref" | "as_mut_slice" | "into_boxed_slice" | "as_mut" => {
                on.own.clone()
            }
            "push" | "push_back" | "push_front" | "extend" | "insert" | "sort" | "truncate" | "clear" => {
                for arg in args {
                    self.infer(arg.value, &on.of);
                }
                Ty::prim("()")
            }
            _ => return None,
        };
        Some(ty)
    }
}

/// What collecting elements of a type into a wanted container gives.
fn collected(wanted: &Ty, of: &Ty) -> Ty {
    match wanted.as_std() {
        Some(("Result", args)) => {
            let inner = collected(&args.first().cloned().unwrap_or_default(), &of.unwrapped());
            Ty::result(inner, args.get(1).cloned().unwrap_or_default())
        }
        Some(("Option", args)) => Ty::option(collected(&args.first().cloned().unwrap_or_default(), &of.unwrapped())),
        Some(("Vec" | "HashSet" | "BTreeSet" | "VecDeque", args)) => {
            let item = args.first().cloned().unwrap_or_default().or(|| of.clone());
            match wanted {
                Ty::Ext(path, _) => Ty::Ext(path.clone(), [item].into()),
                other => other.clone(),
            }
        }
        Some(("HashMap" | "BTreeMap", args)) if args.iter().all(Ty::is_unknown) => {
            Ty::ext("std::HashMap", &[of.arg(0), of.arg(1)])
        }
        Some(_) => wanted.clone(),
        None if wanted.is_unknown() => Ty::ext("std::Vec", std::slice::from_ref(of)),
        None => wanted.clone(),
    }
}
