//! Conditional writes as data: one description with two readings.
//!
//! [`dynamodb`] turns it into the expressions that go over the wire; [`Condition::holds`] and [`Change::apply`] say what
//! it means. The model of the refresh protocol runs on the second reading, and a test holds both against each other on
//! the real store. Nothing here knows what an attribute stands for.

pub(crate) mod dynamodb;
mod value;

pub use value::{Look, Row, Value};

/// The name of an attribute.
pub type Attribute = &'static str;

/// What must hold for a write to happen. A comparison with an attribute that is not there does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Each of them; of none: always.
    All(Vec<Condition>),
    /// At least one of them; of none: never.
    Any(Vec<Condition>),
    /// The attribute is not there.
    Absent(Attribute),
    /// The attribute is there, whatever it holds.
    Present(Attribute),
    /// The attribute holds this.
    Is(Attribute, Value),
    /// The attribute is a smaller number.
    Less(Attribute, i64),
    /// The attribute is a larger number.
    More(Attribute, i64),
}

impl Condition {
    /// A condition that nothing meets.
    pub const NEVER: Self = Self::Any(Vec::new());
    /// A condition that everything meets, also a row that is not there.
    pub const ALWAYS: Self = Self::All(Vec::new());

    /// Whether `row` meets it.
    pub fn holds(&self, row: &impl Look) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(row)),
            Self::Absent(name) => row.look(name).is_none(),
            Self::Present(name) => row.look(name).is_some(),
            Self::Is(name, wanted) => row.look(name).as_ref() == Some(wanted),
            Self::Less(name, bound) => row.look(name).and_then(|value| value.number()).is_some_and(|n| n < *bound),
            Self::More(name, bound) => row.look(name).and_then(|value| value.number()).is_some_and(|n| n > *bound),
        }
    }

    /// Both this and `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) => {
                parts.push(other);
                Self::All(parts)
            }
            single => Self::All(vec![single, other]),
        }
    }
}

/// What a write does to one attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Holds this from now on.
    Set(Attribute, Value),
    /// Holds this from now on, unless it held something already.
    SetOnce(Attribute, Value),
    /// Grows by this; an absent number counts as 0.
    Add(Attribute, i64),
    /// Is gone.
    Remove(Attribute),
}

impl Step {
    /// The attribute it touches.
    pub fn attribute(&self) -> Attribute {
        match self {
            Self::Set(name, _) | Self::SetOnce(name, _) | Self::Add(name, _) | Self::Remove(name) => name,
        }
    }
}

/// What a write does to a row. No attribute is touched twice: DynamoDB refuses that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Change(Vec<Step>);

impl Change {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Also sets `name`.
    #[must_use]
    pub fn set(self, name: Attribute, value: impl Into<Value>) -> Self {
        self.step(Step::Set(name, value.into()))
    }

    /// Also sets `name`, or removes it where there is nothing to hold.
    #[must_use]
    pub fn put(self, name: Attribute, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self.step(Step::Remove(name)),
        }
    }

    /// Also sets `name` where it is not there yet.
    #[must_use]
    pub fn set_once(self, name: Attribute, value: impl Into<Value>) -> Self {
        self.step(Step::SetOnce(name, value.into()))
    }

    /// Also adds to `name`.
    #[must_use]
    pub fn add(self, name: Attribute, amount: i64) -> Self {
        self.step(Step::Add(name, amount))
    }

    /// Also removes each of `names`.
    #[must_use]
    pub fn remove(self, names: &[Attribute]) -> Self {
        names.iter().fold(self, |change, name| change.step(Step::Remove(name)))
    }

    /// Also does what `other` does.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        other.0.into_iter().fold(self, Self::step)
    }

    /// A later step on the same attribute replaces the earlier one.
    fn step(mut self, step: Step) -> Self {
        self.0.retain(|earlier| earlier.attribute() != step.attribute());
        self.0.push(step);
        self
    }

    /// Does it to `row`.
    pub fn apply(&self, row: &mut Row) {
        for step in &self.0 {
            match step {
                Step::Set(name, value) => {
                    row.insert((*name).into(), value.clone());
                }
                Step::SetOnce(name, value) => {
                    row.entry((*name).into()).or_insert_with(|| value.clone());
                }
                Step::Add(name, amount) => {
                    let before = row.look(name).and_then(|value| value.number()).unwrap_or_default();
                    row.insert((*name).into(), Value::Number(before + amount));
                }
                Step::Remove(name) => {
                    row.remove(*name);
                }
            }
        }
    }
}

/// A conditional write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Write {
    /// What must hold.
    pub condition: Condition,
    /// What is done.
    pub change: Change,
    /// How a row looks that this very write has already changed: what a repetition after a lost answer is told by.
    pub landed: Condition,
}

impl Write {
    /// A write that may be repeated as it stands: doing it twice is doing it once, or its condition tells.
    pub fn new(condition: Condition, change: Change) -> Self {
        Self { condition, change, landed: Condition::NEVER }
    }

    /// Names how a row looks that this very write has changed.
    #[must_use]
    pub fn landed(mut self, landed: Condition) -> Self {
        self.landed = landed;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_with_nothing_does_not_hold() {
        let empty = Row::new();
        assert!(!Condition::Less("n", 5).holds(&empty));
        assert!(!Condition::More("n", 5).holds(&empty));
        assert!(!Condition::Is("n", 5.into()).holds(&empty));
        assert!(Condition::Absent("n").holds(&empty));
    }

    #[test]
    fn the_last_step_on_an_attribute_counts() {
        let change = Change::new().set("a", 1).remove(&["a"]).add("n", 2);
        let mut row = Row::from([("a".into(), Value::Number(7)), ("n".into(), Value::Number(1))]);
        change.apply(&mut row);
        assert_eq!(row, Row::from([("n".into(), Value::Number(3))]));
    }
}
