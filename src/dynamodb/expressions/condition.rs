//! Conditions: ConditionExpression, FilterExpression and KeyConditionExpression have one grammar.

use crate::error::Result;

use super::cursor::Cursor;
use super::path::Path;
use super::placeholders::{Placeholders, Value};
use super::token::Token;

/// A condition, in postfix order: what a node works on comes before it.
///
/// ```
/// use fieldseal::dynamodb::expressions::{
///     Comparator, Condition, Node, Operand, Placeholders, Term, Test,
/// };
///
/// let placeholders = Placeholders::new(&[("#d", "draft")], &[(":min", None)]);
/// let text = "size(title) >= :min AND NOT attribute_exists(#d)";
/// let condition = Condition::parse("FilterExpression", text, &placeholders)?;
/// let [Node::Test(first), Node::Test(second), Node::Not, Node::And] = &condition.nodes[..] else {
///     panic!("{condition:?}");
/// };
/// assert_eq!(condition.tests().collect::<Vec<_>>(), [first, second]);
///
/// let Test::Compare(left, Comparator::GreaterOrEqual, _) = first else { panic!("{first:?}") };
/// let operand: &Operand = first.operands()[0];
/// assert_eq!(operand, left);
/// assert!(operand.size && matches!(operand.term, Term::Path(_)));
/// assert_eq!(operand.path().unwrap().attribute, "title");
///
/// assert_eq!(second.existence().unwrap().attribute, "draft");
/// assert_eq!(Comparator::GreaterOrEqual.symbol(), ">=");
///
/// let broken = Condition::parse("FilterExpression", "title >= ", &placeholders);
/// assert_eq!(broken.unwrap_err().code(), "MALFORMED_EXPRESSION");
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Condition<'a> {
    /// Its nodes; never none.
    pub nodes: Vec<Node<'a>>,
}

/// A part of a [`Condition`].
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// Something that holds or does not.
    Test(Test<'a>),
    /// Of the node before it.
    Not,
    /// Of the two before it.
    And,
    /// Of the two before it.
    Or,
}

/// Something that holds for an item or does not; [`Condition`] has an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Test<'a> {
    /// `left <operator> right`
    Compare(Operand<'a>, Comparator, Operand<'a>),
    /// `operand BETWEEN low AND high`
    Between(Operand<'a>, Operand<'a>, Operand<'a>),
    /// `operand IN (list)`
    In(Operand<'a>, Vec<Operand<'a>>),
    /// `attribute_exists(path)`
    Exists(Path<'a>),
    /// `attribute_not_exists(path)`
    NotExists(Path<'a>),
    /// `attribute_type(operand, type)`
    Type(Operand<'a>, Operand<'a>),
    /// `begins_with(operand, prefix)`
    BeginsWith(Operand<'a>, Operand<'a>),
    /// `contains(operand, member)`
    Contains(Operand<'a>, Operand<'a>),
}

/// A comparison; [`Condition`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparator {
    fn of(token: Token<'_>) -> Option<Self> {
        let Token::Symbol(symbol) = token else { return None };
        Some(match symbol {
            "=" => Self::Equal,
            "<>" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// As an expression has it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// What a [`Test`] compares; [`Condition`] has an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Operand<'a> {
    /// An attribute or a value.
    pub term: Term<'a>,
    /// Whether it is the size of that, and not that itself.
    pub size: bool,
}

/// An attribute or a value; [`Condition`] has an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Term<'a> {
    /// What is at a path in the item.
    Path(Path<'a>),
    /// What the request gave.
    Value(Value<'a>),
}

impl<'a> Test<'a> {
    /// Everything that it compares.
    pub fn operands(&self) -> Vec<&Operand<'a>> {
        match self {
            Self::Compare(a, _, b)
            | Self::Type(a, b)
            | Self::BeginsWith(a, b)
            | Self::Contains(a, b) => vec![a, b],
            Self::Between(a, low, high) => vec![a, low, high],
            Self::In(a, list) => {
                let mut operands = vec![a];
                operands.extend(list);
                operands
            }
            Self::Exists(_) | Self::NotExists(_) => Vec::new(),
        }
    }

    /// The path whose existence it asks for, where it asks for nothing else.
    pub fn existence(&self) -> Option<&Path<'a>> {
        match self {
            Self::Exists(path) | Self::NotExists(path) => Some(path),
            _ => None,
        }
    }

    /// Every path in it.
    pub(in crate::dynamodb) fn paths(&self) -> Vec<&Path<'a>> {
        let mut paths = Vec::new();
        if let Some(path) = self.existence() {
            paths.push(path);
        }
        for operand in self.operands() {
            if let Term::Path(path) = &operand.term {
                paths.push(path);
            }
        }
        paths
    }
}

impl<'a> Operand<'a> {
    /// Its path, where it has one.
    pub fn path(&self) -> Option<&Path<'a>> {
        match &self.term {
            Term::Path(path) => Some(path),
            Term::Value(_) => None,
        }
    }
}

/// What waits for the condition that is being read to end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pending {
    Parenthesis,
    Not,
    And,
    Or,
}

impl<'a> Condition<'a> {
    /// Reads the request's `parameter`, which errors name: `FilterExpression`, for example.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Expression`](crate::error::Part::Expression) for what DynamoDB would not read, and for a placeholder that is not there.
    pub fn parse(
        parameter: &'static str,
        text: &'a str,
        placeholders: &Placeholders<'a>,
    ) -> Result<Self> {
        Ok(Self::parse_with_places(parameter, text, placeholders)?.0)
    }

    /// The same, and where in the text each test begins and ends.
    pub(in crate::dynamodb) fn parse_with_places(
        parameter: &'static str,
        text: &'a str,
        placeholders: &Placeholders<'a>,
    ) -> Result<(Self, Vec<(usize, usize)>)> {
        let cursor = Cursor::new(parameter, text, placeholders)?;
        let mut parser = Parser {
            cursor,
            nodes: Vec::new(),
            pending: Vec::new(),
            opened: Vec::new(),
            places: Vec::new(),
        };
        parser.condition()?;
        Ok((Self { nodes: parser.nodes }, parser.places))
    }

    /// Its tests.
    pub fn tests(&self) -> impl Iterator<Item = &Test<'a>> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Test(test) => Some(test),
            _ => None,
        })
    }
}

struct Parser<'a, 'p> {
    cursor: Cursor<'a, 'p>,
    nodes: Vec<Node<'a>>,
    pending: Vec<Pending>,
    /// Where the parentheses among them begin.
    opened: Vec<usize>,
    places: Vec<(usize, usize)>,
}

impl<'a> Parser<'a, '_> {
    fn condition(&mut self) -> Result<()> {
        loop {
            // A condition begins.
            if self.cursor.take_keyword("NOT") {
                self.cursor.count_operator()?;
                self.pending.push(Pending::Not);
                continue;
            }
            let (start, _) = self.cursor.place();
            if self.cursor.take("(") {
                self.pending.push(Pending::Parenthesis);
                self.opened.push(start);
                continue;
            }
            let (test, start) = self.test(start)?;
            self.nodes.push(Node::Test(test));
            self.places.push((start, self.cursor.place().1));
            if self.after()? {
                return Ok(());
            }
        }
    }

    /// Reads what follows a condition, until another one has to; returns whether nothing does.
    fn after(&mut self) -> Result<bool> {
        // Whether the condition is all that stands in parentheses of its own.
        let mut enclosed = false;
        loop {
            let here = self.cursor.token();
            if here == Token::Symbol(")") {
                if enclosed && self.pending.last() == Some(&Pending::Parenthesis) {
                    return Err(self.redundant());
                }
                self.settle(|waiting| waiting != Pending::Parenthesis);
                if self.pending.pop().is_none() {
                    return Err(self.cursor.unexpected("AND, OR or the end"));
                }
                self.opened.pop();
                self.cursor.advance();
                enclosed = true;
                continue;
            }
            if here == Token::End {
                self.settle(|waiting| waiting != Pending::Parenthesis);
                return match self.pending.is_empty() {
                    true => Ok(true),
                    false => Err(self.cursor.unexpected("AND, OR or ')'")),
                };
            }
            let operator = if here.is_keyword("AND") {
                self.settle(|waiting| matches!(waiting, Pending::Not | Pending::And));
                Pending::And
            } else if here.is_keyword("OR") {
                self.settle(|waiting| waiting != Pending::Parenthesis);
                Pending::Or
            } else {
                return Err(self.cursor.unexpected("AND, OR or the end"));
            };
            self.cursor.advance();
            self.cursor.count_operator()?;
            self.pending.push(operator);
            return Ok(false);
        }
    }

    /// Writes what waits, as long as it binds.
    fn settle(&mut self, binds: fn(Pending) -> bool) {
        while let Some(waiting) = self.pending.pop_if(|waiting| binds(*waiting)) {
            match waiting {
                Pending::Not => self.nodes.push(Node::Not),
                Pending::And => self.nodes.push(Node::And),
                Pending::Or => self.nodes.push(Node::Or),
                Pending::Parenthesis => {}
            }
        }
    }

    fn redundant(&self) -> crate::error::Error {
        self.cursor.error("the expression has redundant parentheses")
    }

    /// The test that begins here, and where it does: parentheses around its first operand belong to it.
    fn test(&mut self, mut start: usize) -> Result<(Test<'a>, usize)> {
        if let Some(name) = self.cursor.function().filter(|name| *name != "size") {
            return Ok((self.function(name)?, start));
        }
        let left = self.operand()?;
        // A parenthesis that was taken for that of a condition is the operand's.
        let mut enclosed = false;
        while self.cursor.token() == Token::Symbol(")")
            && self.pending.pop_if(|waiting| *waiting == Pending::Parenthesis).is_some()
        {
            if enclosed {
                return Err(self.redundant());
            }
            self.cursor.advance();
            enclosed = true;
            start = self.opened.pop().unwrap_or(start);
        }
        Ok((self.comparison(left)?, start))
    }

    fn comparison(&mut self, left: Operand<'a>) -> Result<Test<'a>> {
        let test = if let Some(comparator) = Comparator::of(self.cursor.token()) {
            self.cursor.advance();
            let right = self.enclosed_operand()?;
            self.distinct(comparator.symbol(), &left, &right)?;
            Test::Compare(left, comparator, right)
        } else if self.cursor.take_keyword("BETWEEN") {
            let low = self.enclosed_operand()?;
            if !self.cursor.take_keyword("AND") {
                return Err(self.cursor.unexpected("AND"));
            }
            Test::Between(left, low, self.enclosed_operand()?)
        } else if self.cursor.take_keyword("IN") {
            self.cursor.expect("(")?;
            Test::In(left, self.arguments()?)
        } else {
            return Err(self.cursor.unexpected("a comparison"));
        };
        self.cursor.count_operator()?;
        Ok(test)
    }

    fn function(&mut self, name: &str) -> Result<Test<'a>> {
        let known = [
            ("attribute_exists", 1),
            ("attribute_not_exists", 1),
            ("attribute_type", 2),
            ("begins_with", 2),
            ("contains", 2),
        ];
        let Some((_, count)) = known.iter().find(|(known, _)| *known == name) else {
            return Err(self.cursor.error_about("invalid function name; function", name));
        };
        self.cursor.count_operator()?;
        self.cursor.advance();
        self.cursor.advance();
        let mut arguments = self.arguments()?;
        if arguments.len() != *count {
            let problem = "incorrect number of operands for operator or function";
            return Err(self.cursor.error_about(problem, name));
        }
        let second = arguments.pop();
        let test = match (name, arguments.pop(), second) {
            ("attribute_exists", None, Some(Operand { term: Term::Path(path), size: false })) => {
                Test::Exists(path)
            }
            (
                "attribute_not_exists",
                None,
                Some(Operand { term: Term::Path(path), size: false }),
            ) => Test::NotExists(path),
            ("attribute_type", Some(operand), Some(type_name)) => Test::Type(operand, type_name),
            ("begins_with", Some(operand), Some(prefix)) => {
                self.distinct(name, &operand, &prefix)?;
                Test::BeginsWith(operand, prefix)
            }
            ("contains", Some(operand), Some(member)) => {
                self.distinct(name, &operand, &member)?;
                Test::Contains(operand, member)
            }
            _ => {
                let problem = "operator or function requires a document path";
                return Err(self.cursor.error_about(problem, name));
            }
        };
        Ok(test)
    }

    /// Operands up to the parenthesis that closes them; at least one.
    fn arguments(&mut self) -> Result<Vec<Operand<'a>>> {
        let mut arguments = vec![self.enclosed_operand()?];
        while self.cursor.take(",") {
            arguments.push(self.enclosed_operand()?);
        }
        self.cursor.expect(")")?;
        Ok(arguments)
    }

    /// An operand, which may stand in parentheses.
    fn enclosed_operand(&mut self) -> Result<Operand<'a>> {
        if !self.cursor.take("(") {
            return self.operand();
        }
        if self.cursor.token() == Token::Symbol("(") {
            return Err(self.redundant());
        }
        let operand = self.operand()?;
        self.cursor.expect(")")?;
        Ok(operand)
    }

    fn operand(&mut self) -> Result<Operand<'a>> {
        let Some(name) = self.cursor.function() else {
            return Ok(Operand { term: self.term()?, size: false });
        };
        let problem = match name {
            "size" => {
                self.cursor.count_operator()?;
                self.cursor.advance();
                self.cursor.advance();
                let enclosed = self.cursor.take("(");
                if self.cursor.function().is_none() {
                    let operand = Operand { term: self.term()?, size: true };
                    if enclosed {
                        self.cursor.expect(")")?;
                    }
                    self.cursor.expect(")")?;
                    return Ok(operand);
                }
                "incorrect operand type for operator or function"
            }
            _ => "the function is not allowed to be used this way in an expression",
        };
        Err(self.cursor.error_about(problem, name))
    }

    fn term(&mut self) -> Result<Term<'a>> {
        match self.cursor.value()? {
            Some(value) => Ok(Term::Value(value)),
            None => Ok(Term::Path(self.cursor.path()?)),
        }
    }

    fn distinct(&self, name: &str, first: &Operand<'a>, second: &Operand<'a>) -> Result<()> {
        match (first, second) {
            (
                Operand { term: Term::Path(one), size: false },
                Operand { term: Term::Path(two), size: false },
            ) if one == two => {
                let problem = "the first operand must be distinct from the remaining operands for this \
                               operator or function";
                Err(self.cursor.error_about(problem, name))
            }
            _ => Ok(()),
        }
    }
}
