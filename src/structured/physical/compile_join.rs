//! From joins of an optimized plan to operators.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::predicates::{all_of, deterministic, event_time_key, ids, join_parts, state_value_watermark};
use super::codec::{RowCodec, schema_of};
use super::compile::{Compiler, Open, compiled};
use super::hash_join::{HashJoin, StaticJoin};
use super::join::{Bound, Side, SymmetricHashJoin};
use super::propagate::Flow;
use super::stage::{Branch, Source, Stage, Target};
use super::{Plan, Wants};
use crate::sql::{Attribute, AttributeId, Compiled, JoinKind, SqlError, Typed};

const STORES: &[&str] = &["left-keyWithIndexToValue", "right-keyWithIndexToValue"];

impl Compiler<'_> {
    /// A join of two streams.
    pub fn stream_join(
        &mut self,
        left: &Plan,
        right: &Plan,
        kind: JoinKind,
        condition: Option<&Typed>,
        columns: Vec<Attribute>,
    ) -> Result<Open, SqlError> {
        let number = self.stateful("symmetricHashJoin", STORES, Wants::Never);
        let opened = [self.open(left)?, self.open(right)?];
        let [left, right] = [opened[0].columns.clone(), opened[1].columns.clone()];
        let parts = join_parts(condition, &left, &right);
        if parts.keys.is_empty() {
            self.refuse("AnalysisException", "Stream-stream join without equality predicate is not supported.");
        }
        let key = event_time_key(&parts.keys, &left, &right);
        let left_keys: Vec<Typed> = parts.keys.iter().map(|it| it.left.clone()).collect();
        let right_keys: Vec<Typed> = parts.keys.iter().map(|it| it.right.clone()).collect();

        let (lefts, rights) = (ids(&left), ids(&right));
        let alone = |side: &BTreeSet<AttributeId>, it: &Typed| deterministic(it) && it.references().is_subset(side);
        let (left_only, rest): (Vec<_>, Vec<_>) = parts.others.iter().cloned().partition(|it| alone(&lefts, it));
        let (right_only, both): (Vec<_>, Vec<_>) = rest.into_iter().partition(|it| alone(&rights, it));

        let all = [left.clone(), right.clone()].concat();
        let mut side = |own: &[Attribute], other: &[Attribute], keys: &[Typed], only: Vec<Typed>| {
            let time = self.event_time(own);
            let bound = match (key, time) {
                (Some(key), _) => Bound::Key(key),
                (None, Some(time)) if state_value_watermark(own, other, &parts.others, 0).is_some() => {
                    Bound::Value(time)
                }
                _ => Bound::Never,
            };
            Ok::<Side, SqlError>(Side {
                schema: schema_of(own),
                keys: compiled(keys, own)?,
                condition: all_of(only).map(|it| Compiled::new(&it, own)).transpose()?,
                time,
                bound,
                codec: RowCodec::new(own.iter().map(|it| &it.data_type))?,
                columns: own.to_vec(),
            })
        };
        let join = Rc::new(SymmetricHashJoin {
            operator: number,
            kind,
            sides: [side(&left, &right, &left_keys, left_only)?, side(&right, &left, &right_keys, right_only)?],
            key_codec: RowCodec::new(left_keys.iter().map(|it| &it.data_type))?,
            condition: all_of(both).map(|it| Compiled::new(&it, &all)).transpose()?,
            parts: parts.others,
            pairs: schema_of(&all),
            output: schema_of(&columns),
        });
        if let Some(it) = self.operators.get_mut(number)
            && join.evicts()
        {
            it.wants = Wants::Watermark;
        }

        let mut stages = [0; 2];
        let mut flows = Vec::new();
        let sides = [(&left, &left_keys), (&right, &right_keys)];
        for ((open, (columns, keys)), at) in opened.into_iter().zip(sides).zip(&mut stages) {
            *at = self.stages.len();
            let partitioner = self.partitioner(keys, columns)?;
            flows.push(open.flow);
            self.stages.push(Stage { id: *at, branches: open.branches, target: Target::Shuffle(partitioner) });
        }
        let source = Source::Sides(stages[0], stages[1]);
        let branch = Branch { source, broadcasts: Vec::new(), operators: Vec::new(), stateful: None };
        let single = parts.keys.is_empty();
        let open = Open { branches: vec![branch], columns: Vec::new(), flow: Flow::Source, single };
        let open = self.keep(open, number, join.clone(), columns);
        Ok(Open { flow: Flow::Stateful { operator: number, join: Some(join), inputs: flows }, ..open })
    }

    /// A join of a stream with what stands still.
    pub fn static_join(
        &mut self,
        left: &Plan,
        right: &Plan,
        kind: JoinKind,
        condition: Option<&Typed>,
        columns: Vec<Attribute>,
    ) -> Result<Open, SqlError> {
        let static_left = right.streaming();
        let join = Rc::new(self.hash_join(left, right, kind, condition, &columns)?);
        let (mut open, table) = if static_left {
            let table = self.fixed(left)?;
            (self.open(right)?, table)
        } else {
            let open = self.open(left)?;
            (open, self.fixed(right)?)
        };
        let id = self.stages.len();
        let source = Source::Fixed(Rc::new(table));
        let branch = Branch { source, broadcasts: Vec::new(), operators: Vec::new(), stateful: None };
        self.stages.push(Stage { id, branches: vec![branch], target: Target::Broadcast });
        for branch in &mut open.branches {
            let broadcast = branch.broadcasts.len();
            branch.broadcasts.push(id);
            branch.operators.push(Rc::new(StaticJoin {
                join: join.clone(),
                static_left,
                broadcast,
                built: RefCell::new(None),
            }));
        }
        open.columns = columns;
        open.flow = Flow::Through(vec![open.flow, Flow::Source]);
        Ok(open)
    }

    pub fn hash_join(
        &self,
        left: &Plan,
        right: &Plan,
        kind: JoinKind,
        condition: Option<&Typed>,
        columns: &[Attribute],
    ) -> Result<HashJoin, SqlError> {
        let (left, right) = (left.output(), right.output());
        let parts = join_parts(condition, &left, &right);
        let all = [left.clone(), right.clone()].concat();
        Ok(HashJoin {
            kind,
            left_keys: compiled(parts.keys.iter().map(|it| &it.left), &left)?,
            right_keys: compiled(parts.keys.iter().map(|it| &it.right), &right)?,
            null_safe: parts.keys.iter().map(|it| it.null_safe).collect(),
            key_codec: RowCodec::new(parts.keys.iter().map(|it| &it.left.data_type))?,
            condition: all_of(parts.others).map(|it| Compiled::new(&it, &all)).transpose()?,
            left: schema_of(&left),
            right: schema_of(&right),
            pairs: schema_of(&all),
            output: schema_of(columns),
        })
    }
}
