//! Defines the shape of `grammars/<name>/language.toml`.

use serde::Deserialize;

/// What `language.toml` says about a language.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageConfig {
    /// Name, equal to the folder's.
    pub name: String,
    /// LSP language identifiers.
    pub lsp_ids: Vec<String>,
    /// File extensions without the dot.
    pub extensions: Vec<String>,
    /// Of these, those of files that only declare: functions without a body are meant to have none there.
    #[serde(default, alias = "declarations")]
    pub stub_extensions: Vec<String>,
    /// Whole file names that have no telling extension.
    #[serde(default)]
    pub file_names: Vec<String>,
    /// Interpreter names after `#!`, without version.
    #[serde(default)]
    pub shebangs: Vec<String>,
    /// What starts a line comment, e.g. `#` or `//`.
    pub line_comment: String,
    /// Indentation used when the file shows none, e.g. four spaces.
    pub indent: String,
    /// Whether indentation is syntax (Python).
    #[serde(default)]
    pub significant_indentation: bool,
    /// Line endings (trimmed) that open a block, e.g. `:` or `{`.
    pub block_openers: Vec<String>,
    /// Words that begin an import statement.
    #[serde(default)]
    pub import_words: Vec<String>,
    /// What a block has at least where indentation is syntax (`pass`); empty elsewhere.
    #[serde(default)]
    pub empty_block: String,
    /// Depth of nested indentation above which the file is not parsed (a guard for a grammar's limits).
    #[serde(default)]
    pub max_indent_depth: Option<usize>,
    /// Node kinds that are definitions (functions, classes, ...).
    #[serde(default)]
    pub definitions: Vec<String>,
    /// Kinds of top-level nodes that belong to the one behind them (an attribute).
    #[serde(default, alias = "leading")]
    pub attribute_nodes: Vec<String>,
    /// Node kinds that are whole statements, where a completion may be cut back to.
    #[serde(default)]
    pub statements: Vec<String>,
    /// Of the definitions, those of functions.
    #[serde(default)]
    pub functions: Vec<String>,
    /// How comments begin, behind their mark, that speak to a tool: nobody asks for anything by them, and nobody adds one by
    /// the way.
    #[serde(default, alias = "directives")]
    pub pragma_prefixes: Vec<String>,
    /// How functions are documented.
    #[serde(default)]
    pub docs: Docs,
    /// How its tokens are written, where the grammar does not tell.
    #[serde(default, alias = "tokens")]
    pub lexical: LexicalRules,
}

/// What the lexer of broken code has to know besides the grammar's punctuation and keywords.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LexicalRules {
    /// What begins and ends a string, longest first.
    pub quotes: Vec<String>,
    /// Whether a string in a single quote may go on in the next line.
    #[serde(alias = "long_texts")]
    pub multiline_strings: bool,
    /// Whether `'` quotes one character, and begins a name otherwise.
    #[serde(alias = "characters")]
    pub char_literals: bool,
    /// Whether raw strings are written `r#"…"#`.
    pub raw_hashes: bool,
    /// What begins and ends a block comment; empty where there is none.
    pub block_comment: (String, String),
    /// Keywords that the grammar takes for something else.
    pub keywords: Vec<String>,
    /// Punctuation that the grammar takes for something else.
    #[serde(alias = "marks")]
    pub punctuation: Vec<String>,
    /// Names of a method's first parameter, through which it reaches the members of its class.
    pub receivers: Vec<String>,
}

/// How functions are documented: by a text that begins their body, or by lines above them.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Docs {
    /// What encloses the text inside, the usual one first; none where it stands above.
    pub quotes: Vec<String>,
    /// What is put before a text with a backslash in it, so that it stays one.
    pub raw: String,
    /// What each line above begins with; empty where the text stands inside.
    pub line: String,
    /// What such a text is called.
    pub name: String,
    /// Conventions that a file may follow; the first that shows is its own.
    pub styles: Vec<DocStyle>,
}

/// A convention for documentation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocStyle {
    /// What it is called.
    pub name: String,
    /// Texts that tell it from others.
    pub shows: Vec<String>,
    /// How it names parameters: the heading above them, or what begins each (`:param `). Empty where it has no form for them.
    #[serde(default)]
    pub parameters: String,
}

#[cfg(test)]
mod tests {
    use super::LanguageConfig;

    #[test]
    fn the_keys_of_older_files_are_still_read() {
        let text = "name = 'a'\nlsp_ids = []\nextensions = []\nline_comment = '#'\nindent = ' '\nblock_openers = []\n";
        let old = "declarations = ['i']\nleading = ['x']\ndirectives = ['!']\n\
                   [tokens]\nlong_texts = true\ncharacters = true\nmarks = ['@']\n";
        let new = "stub_extensions = ['i']\nattribute_nodes = ['x']\npragma_prefixes = ['!']\n\
                   [lexical]\nmultiline_strings = true\nchar_literals = true\npunctuation = ['@']\n";
        let read = |keys: &str| toml::from_str::<LanguageConfig>(&format!("{text}{keys}")).unwrap();
        assert_eq!(read(old), read(new));
    }
}
