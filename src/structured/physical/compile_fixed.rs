//! From plans that read no stream to one step of a task.

use std::rc::Rc;

use super::Plan;
use super::aggregation::{Aggregation, PartialAggregate};
use super::codec::{RowCodec, fields_of, schema_of};
use super::compile::{Compiler, session_aggregate, sort, unplanned};
use super::dedup::{Deduplicate, Expiry};
use super::fixed::{FixedPlan, Offset, Sample, WholeAggregate};
use super::limit::Limit;
use super::stage::Operator;
use crate::sql::columns::batch_of_rows;
use crate::sql::{Node, OutputMode, SqlError};

impl Compiler<'_> {
    /// A plan that reads no stream.
    pub fn fixed(&mut self, plan: &Plan) -> Result<FixedPlan, SqlError> {
        let columns = plan.output();
        let step = |input: FixedPlan, operator: Rc<dyn Operator>| FixedPlan::Step { input: Box::new(input), operator };
        Ok(match plan.as_ref() {
            Node::Relation { relation, .. } => {
                self.leaves.push(*relation);
                FixedPlan::Leaf(self.leaves.len() - 1)
            }
            Node::LocalRows { rows, .. } => FixedPlan::Rows(batch_of_rows(&fields_of(&columns), rows)?),
            // Event time means nothing where nothing moves.
            Node::Watermark { input, .. } | Node::Alias { input, .. } => self.fixed(input)?,
            Node::Aggregate { input, keys, exprs, session } => {
                let below = self.fixed(input)?;
                let aggregation = Rc::new(Aggregation::new(keys, exprs, &input.output())?);
                match session {
                    None => step(below, Rc::new(WholeAggregate(aggregation))),
                    Some(session) => {
                        let window = keys.iter().position(|it| it.attribute.id == session.window).unwrap_or(0);
                        let sessions = session_aggregate(0, aggregation.clone(), OutputMode::Complete, window)?;
                        step(step(below, Rc::new(PartialAggregate(aggregation))), Rc::new(sessions))
                    }
                }
            }
            Node::Deduplicate { input, keys, .. } => {
                let below = self.fixed(input)?;
                let at: Vec<usize> = keys.iter().filter_map(|id| columns.iter().position(|it| it.id == *id)).collect();
                let operator = Deduplicate {
                    operator: 0,
                    key_codec: RowCodec::new(at.iter().filter_map(|it| columns.get(*it)).map(|it| &it.data_type))?,
                    keys: at,
                    time: None,
                    expiry: Expiry::Never,
                    schema: schema_of(&columns),
                };
                step(below, Rc::new(operator))
            }
            Node::Sort { input, keys } => {
                let operator = sort(keys, &input.output())?;
                step(self.fixed(input)?, Rc::new(operator))
            }
            Node::Limit { input, count } => step(self.fixed(input)?, Rc::new(Limit(*count))),
            Node::Offset { input, count } => step(self.fixed(input)?, Rc::new(Offset(*count))),
            Node::Sample { input, fraction, seed } => {
                step(self.fixed(input)?, Rc::new(Sample { fraction: *fraction, seed: *seed }))
            }
            Node::Union { inputs, .. } => {
                FixedPlan::Union(inputs.iter().map(|it| self.fixed(it)).collect::<Result<_, _>>()?)
            }
            Node::Join { left, right, kind, condition } => FixedPlan::Join {
                left: Box::new(self.fixed(left)?),
                right: Box::new(self.fixed(right)?),
                join: Rc::new(self.hash_join(left, right, *kind, condition.as_ref(), &columns)?),
            },
            Node::Intersect { left, right } | Node::Except { left, right } => FixedPlan::Distinct {
                left: Box::new(self.fixed(left)?),
                right: Box::new(self.fixed(right)?),
                present: matches!(plan.as_ref(), Node::Intersect { .. }),
                codec: RowCodec::new(columns.iter().map(|it| &it.data_type))?,
                schema: schema_of(&columns),
            },
            _ => {
                let [input] = plan.children()[..] else { return Err(unplanned("A plan of no known operator.")) };
                let below = self.fixed(input)?;
                let operator = self.step(plan, &input.output())?;
                step(below, operator)
            }
        })
    }
}
