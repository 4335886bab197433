//! Lists what each kind of change may do, in one table. A policy is a value; `Verifier` enforces it.

/// What a change may do, and what it must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What may be changed.
    pub zone: Zone,
    /// Which nodes outside of it must be what they were.
    pub kept: Kept,
    /// Whether nodes next to the zone may take in the new text: one that ends before the zone or begins behind it may reach to
    /// the far end of the new text (a block gets a statement more), and one that ends with the zone may be of another kind
    /// (a declaration becomes a definition).
    pub joins: bool,
    /// What the new text must be.
    pub filling: Filling,
    /// Which names must be accounted for.
    pub names: UnknownNames,
    /// Whether it may add a risk.
    pub risks: bool,
}

/// The part of a document that a change may change; nothing is asked of the nodes that are wholly inside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The range that the caller names, else what the edits replace.
    Edits,
    /// The whole lines of the edits.
    Lines,
}

/// The nodes that must keep their kinds, their parents and their (shifted) places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All that are not wholly inside of the zone.
    Around,
    /// Those that begin behind the zone, with the parents that begin before it, if the text was sound there: what stands
    /// before may be wrapped or go on (the rule of SAFIM, Gong et al. 2024). In a broken text trees say too little.
    Behind,
    /// The sound definitions at the left margin: in a broken text the only nodes that are surely right. They must stay at the
    /// top level; indented ones may have been torn out of their class by the fault.
    Definitions,
    /// None.
    Nothing,
}

/// What a change may put into its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// Anything.
    Any,
    /// At least one statement: comments alone are none.
    Code,
    /// What was the one node of some role, a body say, is again one node of that role.
    SameRole,
    /// One sound node, which is all of the new text.
    OneNode,
    /// Sound statements, which are all of the new text.
    Statements,
    /// Comments only.
    Comments,
    /// Comments, or a single statement.
    Documentation,
}

/// Names that nothing accounts for and that a change may not add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownNames {
    /// Any may be added: the caller counts them against the change.
    Allowed,
    /// None in the new text, but for those of the text that it replaces.
    NoneInside,
    /// None in the file either: what is replaced may have defined a name.
    NoneInFile,
}

/// Text that a model wrote for the cursor. The caller also counts its names and risks.
pub const INSERTION: Policy = Policy {
    zone: Zone::Lines,
    kept: Kept::Behind,
    joins: false,
    filling: Filling::Any,
    names: UnknownNames::Allowed,
    risks: true,
};

/// A span that a model wrote again: the lines of a selection, or a definition.
pub const REPLACED_SPAN: Policy = Policy {
    zone: Zone::Edits,
    kept: Kept::Around,
    filling: Filling::SameRole,
    names: UnknownNames::NoneInside,
    risks: false,
    ..INSERTION
};

/// The body of a function that had none. The caller counts unknown names against it.
pub const BODY: Policy =
    Policy { joins: true, filling: Filling::Code, names: UnknownNames::Allowed, ..REPLACED_SPAN };

/// An expression that a model filled in again.
pub const ONE_NODE: Policy =
    Policy { filling: Filling::OneNode, names: UnknownNames::NoneInFile, ..REPLACED_SPAN };

/// A statement in whose place a model wrote one or more.
pub const STATEMENTS: Policy = Policy { filling: Filling::Statements, ..ONE_NODE };

/// Statements behind the comment that asks for them; they may become part of the block before it.
pub const BELOW_COMMENT: Policy =
    Policy { filling: Filling::Code, names: UnknownNames::NoneInside, risks: false, ..INSERTION };

/// Comments between lines of code.
pub const COMMENTS: Policy =
    Policy { filling: Filling::Comments, names: UnknownNames::Allowed, risks: true, ..REPLACED_SPAN };

/// The documentation of a function: comments above it, or a text that is its first statement.
pub const DOCUMENTATION: Policy = Policy { joins: true, filling: Filling::Documentation, ..COMMENTS };

/// A repair of the syntax within the lines around the fault.
pub const SYNTAX_REPAIR: Policy = Policy { kept: Kept::Definitions, filling: Filling::Any, ..COMMENTS };

/// A repair of what another server or a compiler reported, by small edits in one or more places. What the server suggests
/// may unwrap code that begins on a line of its own.
pub const DIAGNOSTIC_REPAIR: Policy =
    Policy { kept: Kept::Nothing, names: UnknownNames::NoneInside, ..INSERTION };

/// A suggestion with the imports that it needs, which stand elsewhere. The caller counts names.
pub const WITH_IMPORTS: Policy = Policy { kept: Kept::Nothing, ..INSERTION };

/// The imports alone, for a text that uses what they bring in: they move nothing else.
pub const IMPORTS: Policy = Policy { zone: Zone::Edits, kept: Kept::Around, joins: true, ..INSERTION };

/// Changes that were verified each by itself, or against another text: faults are counted again.
pub const VERIFIED_APART: Policy = Policy { kept: Kept::Nothing, ..INSERTION };
