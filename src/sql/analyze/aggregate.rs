//! `GROUP BY`, `HAVING`, and aggregation of everything.

use std::cell::RefCell;
use std::rc::Rc;

use crate::sql::{
    Attribute, AttributeId, DataType, Datum, Expr, Literal, Named, Node, SessionWindow, SqlError, Typed, TypedKind,
};

use super::grouping::{self, Grouping};
use super::projection::{bare, only, references, windowed, with_hidden};
use super::scope::{Scope, same_name};
use super::time::Lifted;
use super::typing::Typer;
use super::{Analyzer, errors, generators, semantics, time};

/// The keys of an aggregation: what each is over the input, and the column it has become.
pub(super) struct Keys {
    keys: Vec<(Typed, Attribute)>,
    /// The number of the grouping set.
    id: Option<AttributeId>,
}

impl Keys {
    pub(super) fn new(keys: Vec<(Typed, Attribute)>, id: Option<AttributeId>) -> Self {
        let keys = keys.into_iter().map(|(typed, column)| (semantics::canonical(&typed), column)).collect();
        Keys { keys, id }
    }

    /// The expression over keys and aggregates.
    pub(super) fn over(&self, typed: &Typed) -> Typed {
        typed.transform(&mut |it| {
            match &it.kind {
                TypedKind::Aggregate { .. } | TypedKind::Literal(_) => return Some(it.clone()),
                TypedKind::Over { expr, partition_by } => return Some(self.over_window(it, expr, partition_by)),
                _ => {}
            }
            let canonical = semantics::canonical(it);
            let (_, column) = self.keys.iter().find(|(key, _)| *key == canonical)?;
            let name = match &it.kind {
                TypedKind::Attribute { name, .. } => name.clone(),
                _ => column.name.clone(),
            };
            Some(Typed::attribute(&Attribute { name, ..column.clone() }))
        })
    }

    /// A window function over keys and aggregates: what it is called with is, itself it is no aggregate of the group.
    fn over_window(&self, whole: &Typed, function: &Typed, partition_by: &[Typed]) -> Typed {
        let mut expr = function.clone();
        if let TypedKind::Aggregate { args, .. } | TypedKind::Call { args, .. } = &mut expr.kind {
            for arg in args {
                *arg = self.over(arg);
            }
        }
        let partition_by = partition_by.iter().map(|it| self.over(it)).collect();
        Typed { kind: TypedKind::Over { expr: Rc::new(expr), partition_by }, ..whole.clone() }
    }

    /// The first column that an expression over keys and aggregates must not speak of.
    pub(super) fn stranger(&self, typed: &Typed) -> Option<Rc<str>> {
        match &typed.kind {
            TypedKind::Aggregate { .. } => None,
            TypedKind::Attribute { id, name } => {
                let known = self.id == Some(*id) || self.keys.iter().any(|(_, column)| column.id == *id);
                (!known).then(|| name.clone())
            }
            TypedKind::Over { expr, partition_by } => {
                expr.children().into_iter().chain(partition_by).find_map(|it| self.stranger(it))
            }
            TypedKind::Lambda { parameters, body } => {
                let strange = body.references().into_iter().any(|id| {
                    !parameters.contains(&id)
                        && self.id != Some(id)
                        && !self.keys.iter().any(|(_, column)| column.id == id)
                });
                if strange { body.children().into_iter().find_map(|it| self.stranger(it)) } else { None }
            }
            _ => typed.children().into_iter().find_map(|it| self.stranger(it)),
        }
    }
}

/// What a condition or sort key above an aggregation adds to it.
pub(super) struct Extended {
    pub exprs: Vec<Named>,
    pub added: bool,
}

impl Extended {
    /// The expression over the aggregation's output: aggregates and keys that it doesn't put out are added.
    pub(super) fn above(&mut self, analyzer: &Analyzer<'_>, typed: &Typed, keys: &Keys) -> Typed {
        let over = keys.over(typed);
        let cell = RefCell::new(self);
        over.transform(&mut |it| {
            let mut this = cell.borrow_mut();
            let is_key = matches!(&it.kind, TypedKind::Attribute { .. });
            if !is_key && !matches!(it.kind, TypedKind::Aggregate { .. }) {
                return None;
            }
            if let Some(found) = this.exprs.iter().find(|named| semantics::same(&named.expr, it)) {
                return Some(Typed::attribute(&found.attribute));
            }
            let attribute = match &it.kind {
                TypedKind::Attribute { id, name } => Attribute {
                    id: *id,
                    name: name.clone(),
                    data_type: it.data_type.clone(),
                    nullable: it.nullable,
                    qualifiers: [].into(),
                    watermark_delay: None,
                },
                _ => Attribute {
                    id: analyzer.fresh(),
                    name: super::explain::plain(it).into(),
                    data_type: it.data_type.clone(),
                    nullable: it.nullable,
                    qualifiers: [].into(),
                    watermark_delay: None,
                },
            };
            let made = Typed::attribute(&attribute);
            this.exprs.push(Named { expr: it.clone(), attribute });
            this.added = true;
            Some(made)
        })
    }
}

impl Analyzer<'_> {
    /// What a key stands for: an ordinal or an alias of the list means its expression.
    fn key(&self, typer: &Typer<'_>, key: &Expr, list: &[Expr]) -> Result<Expr, SqlError> {
        match key {
            Expr::Alias { expr, .. } => Ok((**expr).clone()),
            Expr::Literal(Literal { value: Datum::Integer(position), .. }) => {
                let found =
                    usize::try_from(*position).ok().and_then(|it| it.checked_sub(1)).and_then(|it| list.get(it));
                let Some(expr) = found else {
                    let text = format!(
                        "GROUP BY position {position} is not in select list (valid range is [1, {}]).",
                        list.len()
                    );
                    return Err(SqlError::analysis("GROUP_BY_POS_OUT_OF_RANGE", text));
                };
                let typed = typer.typed(expr)?;
                if typed.has_aggregate() {
                    let text = format!(
                        "GROUP BY {position} refers to an expression {} AS {} that contains an aggregate function. \
                         Aggregate functions are not allowed in GROUP BY.",
                        super::explain::qualified(&typed, &typer.scope.columns),
                        errors::quoted(&[typer.column_of(expr, &typed).name])
                    );
                    return Err(SqlError::analysis("GROUP_BY_POS_AGGREGATE", text));
                }
                self.key(typer, expr, &[])
            }
            Expr::Column(parts) if typer.scope.resolve(parts)?.is_none() => {
                let [name] = parts.as_slice() else { return Ok(key.clone()) };
                let named = list.iter().find_map(|it| match it {
                    Expr::Alias { expr, name: alias } if same_name(alias, name) => Some((**expr).clone()),
                    _ => None,
                });
                Ok(named.unwrap_or_else(|| key.clone()))
            }
            other => Ok(other.clone()),
        }
    }

    /// The keys of `GROUP BY ALL`: what is selected and is no aggregate.
    fn all_keys(&self, typer: &Typer<'_>, keys: &[Expr], list: &[Expr]) -> Result<Option<Vec<Expr>>, SqlError> {
        let [Expr::Column(parts)] = keys else { return Ok(None) };
        let is_all = matches!(parts.as_slice(), [name] if name.eq_ignore_ascii_case("all"));
        if !is_all || typer.scope.resolve(parts)?.is_some() {
            return Ok(None);
        }
        let mut found = Vec::new();
        for expr in list {
            if !typer.typed(expr)?.has_aggregate() {
                found.push(expr.clone());
            }
        }
        Ok(Some(found))
    }

    /// `SELECT exprs GROUP BY keys HAVING having`.
    pub(super) fn aggregate(
        &self,
        input: Rc<Node>,
        keys: &[Expr],
        sets: Option<&[Vec<usize>]>,
        exprs: &[Expr],
        having: Option<&Expr>,
    ) -> Result<Rc<Node>, SqlError> {
        let mut typer = Typer::new(self, Scope::of(&input), "Aggregate");
        let list = typer.listed(exprs)?;
        if list.iter().any(generators::is_generator) {
            return self
                .generated_over_aggregate(&list, |inner| self.aggregate(input.clone(), keys, sets, inner, having));
        }
        let all = self.all_keys(&typer, keys, &list)?;
        let keys = all.as_deref().unwrap_or(keys);
        let mut typed_keys = Vec::with_capacity(keys.len());
        for key in keys {
            let expr = self.key(&typer, key, &list)?;
            let typed = typer.typed(&expr)?;
            if typed.has_aggregate() {
                let text = format!(
                    "Aggregate functions are not allowed in GROUP BY, but found {}.",
                    super::explain::qualified(&typed, &typer.scope.columns)
                );
                return Err(SqlError::analysis("GROUP_BY_AGGREGATE", text));
            }
            if typed.data_type.has_map() {
                let text = format!(
                    "The expression \"{}\" cannot be used as a grouping expression because its data type \"{}\" is \
                     not an orderable data type.",
                    typer.pretty(&expr),
                    typed.data_type.sql()
                );
                return Err(SqlError::analysis("GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE", text));
            }
            let attribute = typer.column_of(&expr, &typed);
            typed_keys.push(Named { expr: typed, attribute });
        }
        let id = sets.map(|_| self.grouping_id());
        if let Some(id) = &id {
            grouping::check_size(keys.len())?;
            let keys = typed_keys.iter().map(|it| it.expr.clone()).collect();
            typer.grouping = Some(Grouping { keys, id: id.clone() });
        }
        let named = list.iter().map(|it| typer.named(it)).collect::<Result<Vec<_>, _>>()?;
        let having = having.map(|it| (it, typer.typed(it)));
        let lifted = typer.lifted.take();
        let spoken_of = named.iter().chain(&typed_keys).map(|it| &it.expr).chain(time::inputs(&lifted));
        let conditions = having.iter().filter_map(|(_, typed)| typed.as_ref().ok());
        let input = with_hidden(input, &references(spoken_of.chain(conditions)));
        let mut below = time::below(&lifted, input)?;
        let session = typed_keys.iter().find_map(|key| match &key.expr.kind {
            TypedKind::Attribute { id, .. } => lifted.iter().find_map(|it| match it {
                Lifted::Session { attribute, .. } if attribute.id == *id => Some(SessionWindow { window: *id }),
                _ => None,
            }),
            _ => None,
        });
        let columns: Vec<Attribute>;
        let node_keys: Vec<Named>;
        match (sets, &id) {
            (Some(sets), Some(id)) => {
                let expanded = self.expanded(below, &typed_keys, sets, id);
                below = expanded.input;
                columns = expanded.keys.iter().take(typed_keys.len()).cloned().collect();
                node_keys = expanded.keys.iter().map(bare).collect();
            }
            _ => {
                columns = typed_keys.iter().map(|it| it.attribute.clone()).collect();
                node_keys = typed_keys.clone();
            }
        }
        let over =
            Keys::new(typed_keys.into_iter().map(|it| it.expr).zip(columns).collect(), id.as_ref().map(|it| it.id));
        let outputs = self.over_keys(&named, &over, keys.is_empty() && sets.is_none())?;
        let mut extended = Extended { exprs: outputs, added: false };
        let shown: Vec<Attribute> = extended.exprs.iter().map(|it| it.attribute.clone()).collect();
        let condition = match having {
            None => None,
            Some((expr, typed)) => {
                let typed = match typed {
                    Ok(typed) => typer.explicit_cast(expr, typed, &DataType::Boolean, false)?,
                    Err(error) => return Err(self.not_in_having(expr, &shown, error)),
                };
                if let Some(name) = over.stranger(&over.over(&typed)) {
                    return Err(errors::unresolved_column(&[name], &shown));
                }
                Some(extended.above(self, &typed, &over))
            }
        };
        let (window_input, exprs) = split_windows(extended.exprs);
        let node = Node::Aggregate { input: below, keys: node_keys, exprs: window_input, session };
        let mut node = Rc::new(node);
        if let Some(condition) = condition {
            node = Rc::new(Node::Filter { input: node, condition });
        }
        if let Some(exprs) = exprs {
            let (input, exprs) = windowed(node, exprs);
            return Ok(Rc::new(Node::Project { input, exprs }));
        }
        Ok(if extended.added { only(node, &shown) } else { node })
    }

    /// Why `HAVING` is refused; columns that are suggested are those of the list.
    fn not_in_having(&self, expr: &Expr, shown: &[Attribute], error: SqlError) -> SqlError {
        if !error.condition.as_ref().is_some_and(|it| it.starts_with("UNRESOLVED_COLUMN.")) {
            return error;
        }
        let scope = Scope { columns: shown.to_vec(), hidden: Vec::new() };
        Typer::new(self, scope, "Filter").typed(expr).err().unwrap_or(error)
    }

    /// The list over keys and aggregates.
    fn over_keys(&self, named: &[Named], keys: &Keys, no_keys: bool) -> Result<Vec<Named>, SqlError> {
        let mut outputs = Vec::with_capacity(named.len());
        for named in named {
            let expr = keys.over(&named.expr);
            if let Some(stranger) = keys.stranger(&expr) {
                return Err(match no_keys {
                    true => errors::missing_group_by(),
                    false => errors::missing_aggregation(&stranger),
                });
            }
            let mut attribute = named.attribute.clone();
            if let (TypedKind::Attribute { id: before, .. }, TypedKind::Attribute { id, .. }) =
                (&named.expr.kind, &expr.kind)
                && attribute.id == *before
            {
                attribute.id = *id;
            }
            attribute.nullable = expr.nullable;
            outputs.push(Named { expr, attribute });
        }
        Ok(outputs)
    }
}

/// A list with window functions: what the aggregation computes for them, and the list above it.
fn split_windows(list: Vec<Named>) -> (Vec<Named>, Option<Vec<Named>>) {
    let is_over = |it: &Named| it.expr.any(&mut |inner| matches!(inner.kind, TypedKind::Over { .. }));
    if !list.iter().any(is_over) {
        return (list, None);
    }
    let below: Vec<Named> = list.iter().filter(|it| !is_over(it)).cloned().collect();
    let above = list.into_iter().map(|it| if is_over(&it) { it } else { bare(&it.attribute) }).collect();
    (below, Some(above))
}

/// `SELECT DISTINCT`: an aggregation by all columns. (`distinct()` of a DataFrame is `dropDuplicates()`.)
pub(super) fn distinct(input: Rc<Node>) -> Result<Rc<Node>, SqlError> {
    let columns = input.output();
    if let Some(column) = columns.iter().find(|it| it.data_type.has_map()) {
        return Err(on_map(column));
    }
    let exprs: Vec<Named> = columns.iter().map(bare).collect();
    Ok(Rc::new(Node::Aggregate { input, keys: exprs.clone(), exprs, session: None }))
}

/// A set operation on a column that holds maps.
pub(super) fn on_map(column: &Attribute) -> SqlError {
    let data_type: &DataType = &column.data_type;
    SqlError::analysis(
        "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE",
        format!(
            "The feature is not supported: Cannot have MAP type columns in DataFrame which calls set operations \
             (INTERSECT, EXCEPT, etc.), but the type of column {} is \"{}\".",
            errors::quoted(&[&*column.name]),
            data_type.sql()
        ),
    )
}
