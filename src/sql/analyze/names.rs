//! What columns are called that nobody named: the expression as Spark shows it, with names looked up.

use std::rc::Rc;

use crate::sql::{Attribute, BinaryOp, DataType, Datum, Expr, Literal, Typed, TypedKind};

use super::typing::Typer;

fn text_literal(name: &Rc<str>) -> Expr {
    Expr::Literal(Literal { value: Datum::String(name.clone()), data_type: DataType::String })
}

impl Typer<'_> {
    /// The expression as Spark shows it: columns without qualifiers, fields and keys of columns told apart.
    pub(super) fn pretty(&self, expr: &Expr) -> Expr {
        let boxed = |it: &Rc<Expr>| Rc::new(self.pretty(it));
        let all = |list: &[Expr]| list.iter().map(|it| self.pretty(it)).collect::<Vec<_>>();
        match expr {
            Expr::Column(parts) => self.pretty_column(parts),
            Expr::Attribute { name, .. } => Expr::Column(vec![name.clone()]),
            Expr::Alias { expr, .. } => self.pretty(expr),
            Expr::Cast { expr, to, try_cast } => Expr::Cast { expr: boxed(expr), to: to.clone(), try_cast: *try_cast },
            Expr::Unary { op, expr } => Expr::Unary { op: *op, expr: boxed(expr) },
            Expr::Binary { op, left, right } => self.pretty_binary(*op, left, right),
            Expr::Call { name, args, distinct, filter } => {
                let lower = name.to_lowercase();
                match lower.as_str() {
                    "window" | "session_window" if self.is_lifted(&lower) => Expr::Column(vec![lower.into()]),
                    _ => Expr::Call {
                        name: name.clone(),
                        args: self.pretty_arguments(&lower, args),
                        distinct: *distinct,
                        filter: filter.as_ref().map(boxed),
                    },
                }
            }
            Expr::Case { branches, otherwise } => Expr::Case {
                branches: branches.iter().map(|(when, then)| (self.pretty(when), self.pretty(then))).collect(),
                otherwise: otherwise.as_ref().map(boxed),
            },
            Expr::In { expr, list, negated } => Expr::In { expr: boxed(expr), list: all(list), negated: *negated },
            Expr::Between { expr, low, high, negated } => {
                Expr::Between { expr: boxed(expr), low: boxed(low), high: boxed(high), negated: *negated }
            }
            Expr::Like { expr, pattern, escape, insensitive, negated } => Expr::Like {
                expr: boxed(expr),
                pattern: boxed(pattern),
                escape: *escape,
                insensitive: *insensitive,
                negated: *negated,
            },
            Expr::Index { expr: base, index } => match (&**index, self.typed(base)) {
                (
                    Expr::Literal(Literal { value: Datum::String(name), .. }),
                    Ok(Typed { data_type: DataType::Struct(_), .. }),
                ) => Expr::Field { expr: boxed(base), name: name.clone() },
                _ => Expr::Index { expr: boxed(base), index: boxed(index) },
            },
            Expr::Field { expr: base, name } => match self.typed(base) {
                Ok(typed) => below(self.pretty(base), &typed.data_type, name),
                Err(_) => Expr::Field { expr: boxed(base), name: name.clone() },
            },
            Expr::UserCall { function, args } => Expr::UserCall { function: function.clone(), args: all(args) },
            Expr::Typed(typed) => match &typed.kind {
                TypedKind::Attribute { name, .. } => Expr::Column(vec![name.clone()]),
                _ => expr.clone(),
            },
            Expr::Lambda { .. } | Expr::Star(_) | Expr::Literal(_) | Expr::MultiAlias { .. } | Expr::Over { .. } => {
                expr.clone()
            }
        }
    }

    /// Days added to dates are shown as the function that does it.
    fn pretty_binary(&self, op: BinaryOp, left: &Rc<Expr>, right: &Rc<Expr>) -> Expr {
        let (shown_left, shown_right) = (self.pretty(left), self.pretty(right));
        let moved = |name: &str, date: &Expr, days: &Expr| Expr::Call {
            name: name.into(),
            args: vec![date.clone(), days.clone()],
            distinct: false,
            filter: None,
        };
        if matches!(op, BinaryOp::Add | BinaryOp::Subtract)
            && let (Ok(one), Ok(other)) = (self.typed(left), self.typed(right))
        {
            match (op, &one.data_type, &other.data_type) {
                (BinaryOp::Add, DataType::Date, days) if days.is_integral() => {
                    return moved("date_add", &shown_left, &shown_right);
                }
                (BinaryOp::Add, days, DataType::Date) if days.is_integral() => {
                    return moved("date_add", &shown_right, &shown_left);
                }
                (BinaryOp::Subtract, DataType::Date, days) if days.is_integral() => {
                    return moved("date_sub", &shown_left, &shown_right);
                }
                _ => {}
            }
        }
        Expr::Binary { op, left: Rc::new(shown_left), right: Rc::new(shown_right) }
    }

    /// Stars among arguments are shown as the columns they mean, but the one of `count(*)`.
    fn pretty_arguments(&self, function: &str, args: &[Expr]) -> Vec<Expr> {
        if let ("count", [Expr::Star(target)]) = (function, args)
            && target.is_empty()
        {
            return args.to_vec();
        }
        let mut shown = Vec::with_capacity(args.len());
        for arg in args {
            match arg {
                Expr::Star(target) => match self.star(target) {
                    Ok(columns) => shown.extend(columns.iter().map(|it| self.pretty(it))),
                    Err(_) => shown.push(arg.clone()),
                },
                other => shown.push(self.pretty(other)),
            }
        }
        shown
    }

    fn is_lateral(&self, name: &str) -> bool {
        self.lateral.borrow().iter().any(|it| super::scope::same_name(&it.attribute.name, name))
    }

    /// Whether a name means a column that is named earlier in the same list.
    fn is_alias(&self, parts: &[Rc<str>]) -> bool {
        let is_column = self.lambda_parameter(parts).is_some() || !matches!(self.scope.resolve(parts), Ok(None));
        !is_column && parts.first().is_some_and(|it| self.is_lateral(it))
    }

    fn is_lifted(&self, name: &str) -> bool {
        self.lifted.borrow().iter().any(|it| &*it.attribute().name == name)
    }

    fn pretty_column(&self, parts: &[Rc<str>]) -> Expr {
        if self.lambda_parameter(parts).is_some() {
            return Expr::Column(parts.to_vec());
        }
        let Ok(Some(found)) = self.scope.resolve(parts) else {
            let lateral = parts.first().is_some_and(|it| self.is_lateral(it));
            return Expr::Column(match parts {
                [one] if lateral => vec![format!("lateralAliasReference({one})").into()],
                _ => parts.to_vec(),
            });
        };
        let mut shown = Expr::Column(vec![found.column.name.clone()]);
        let mut data_type = found.column.data_type;
        for name in found.fields {
            shown = below(shown, &data_type, name);
            data_type = field_type(&data_type, name);
        }
        shown
    }

    /// The column that a selected expression makes: itself where it is one already, else a new one.
    pub(super) fn column_of(&self, expr: &Expr, typed: &Typed) -> Attribute {
        let lateral = matches!(expr, Expr::Column(parts) if self.is_alias(parts));
        if let TypedKind::Attribute { id, name } = &typed.kind
            && !matches!(expr, Expr::Alias { .. })
            && !lateral
            && let Some(column) = self.known(*id)
        {
            return Attribute { name: name.clone(), ..column };
        }
        let name = match expr {
            Expr::Alias { name, .. } => name.clone(),
            Expr::Column(parts) => parts.last().cloned().unwrap_or_else(|| "".into()),
            Expr::Cast { expr: inner, .. } => match &**inner {
                Expr::Column(parts) if self.scope.resolve(parts).is_ok() => {
                    parts.last().cloned().unwrap_or_else(|| "".into())
                }
                Expr::Attribute { name, .. } => name.clone(),
                _ => self.pretty(expr).to_string().into(),
            },
            _ => self.pretty(expr).to_string().into(),
        };
        let watermark_delay = match &typed.kind {
            TypedKind::Attribute { id, .. } => self.known(*id).and_then(|it| it.watermark_delay),
            _ => None,
        };
        Attribute {
            id: self.analyzer.fresh(),
            name,
            data_type: typed.data_type.clone(),
            nullable: typed.nullable,
            qualifiers: [].into(),
            watermark_delay,
        }
    }

    /// A column of the input, or one that is computed below the operator.
    pub(super) fn known(&self, id: crate::sql::AttributeId) -> Option<Attribute> {
        let lifted = self.lifted.borrow();
        self.scope.by_id(id).or_else(|| lifted.iter().map(|it| it.attribute()).find(|it| it.id == id)).cloned()
    }
}

fn below(base: Expr, data_type: &DataType, name: &Rc<str>) -> Expr {
    let base = Rc::new(base);
    match data_type {
        DataType::Map { .. } => Expr::Index { expr: base, index: Rc::new(text_literal(name)) },
        _ => Expr::Field { expr: base, name: name.clone() },
    }
}

fn field_type(data_type: &DataType, name: &str) -> DataType {
    let of = |fields: &[crate::sql::StructField]| {
        fields.iter().find(|it| super::scope::same_name(&it.name, name)).map(|it| it.data_type.clone())
    };
    match data_type {
        DataType::Struct(fields) => of(fields).unwrap_or(DataType::Null),
        DataType::Map { value, .. } => (**value).clone(),
        DataType::Array { element, .. } => match &**element {
            DataType::Struct(fields) => {
                of(fields).map_or(DataType::Null, |it| DataType::Array { element: Rc::new(it), contains_null: true })
            }
            other => other.clone(),
        },
        _ => DataType::Null,
    }
}
