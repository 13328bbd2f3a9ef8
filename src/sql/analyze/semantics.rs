//! When two expressions mean the same: `semanticEquals`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sql::{AttributeId, Typed, TypedKind};

/// Whether two expressions mean the same, whatever their columns are called and their operands' order is.
pub(super) fn same(left: &Typed, right: &Typed) -> bool {
    canonical(left) == canonical(right)
}

/// The form that expressions of the same meaning share.
pub(super) fn canonical(typed: &Typed) -> Typed {
    rewritten(typed, &BTreeMap::new())
}

fn rewritten(typed: &Typed, parameters: &BTreeMap<AttributeId, AttributeId>) -> Typed {
    let mut made = typed.transform(&mut |it| match &it.kind {
        TypedKind::Attribute { id, .. } => {
            let id = parameters.get(id).copied().unwrap_or(*id);
            Some(Typed { kind: TypedKind::Attribute { id, name: "none".into() }, nullable: true, ..it.clone() })
        }
        TypedKind::Lambda { parameters: own, body } => {
            let mut inner = parameters.clone();
            let mut ids = Vec::with_capacity(own.len());
            for id in own {
                let number = u64::try_from(inner.len()).unwrap_or(u64::MAX);
                let renamed = AttributeId(u64::MAX - number);
                inner.insert(*id, renamed);
                ids.push(renamed);
            }
            let body = Rc::new(rewritten(body, &inner));
            Some(Typed { kind: TypedKind::Lambda { parameters: ids, body }, nullable: true, ..it.clone() })
        }
        TypedKind::Call { function, args }
            if matches!(function.name, "+" | "*" | "and" | "or" | "=" | "<=>" | "&" | "|" | "^") =>
        {
            let mut args: Vec<Typed> = args.iter().map(|arg| rewritten(arg, parameters)).collect();
            args.sort_by_cached_key(|arg| format!("{arg:?}"));
            Some(Typed { kind: TypedKind::Call { function, args }, nullable: true, ..it.clone() })
        }
        _ => None,
    });
    made.nullable = true;
    made
}
