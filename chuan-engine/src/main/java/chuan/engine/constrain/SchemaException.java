package chuan.engine.constrain;

import chuan.engine.InvalidRequestException;

/// A schema or grammar that cannot be followed. The message says where, what, and what to do.
public final class SchemaException extends InvalidRequestException {
    private static final long serialVersionUID = 1L;

    private final String pointer;
    private final String code;
    private final String problem;

    SchemaException(String code, String field, String pointer, String problem) {
        super(field, pointer.isEmpty() ? problem : pointer + ": " + problem);
        this.pointer = pointer;
        this.code = code;
        this.problem = problem;
    }

    /// Where in the schema, as a JSON pointer (RFC 6901) behind `#`; empty for other grammars.
    public String pointer() {
        return pointer;
    }

    /// For programs: `invalid_json_schema`, `schema_too_complex`, `invalid_regex`,
    /// `invalid_grammar`, `invalid_choice` or `invalid_tools`.
    public String code() {
        return code;
    }

    /// Whether it is no schema at all rather than one that cannot be followed.
    boolean malformed() {
        return problem.startsWith("is no JSON") || problem.startsWith("must be");
    }

    /// The same about another field of a request, e.g. `response_format.json_schema.schema`.
    public SchemaException in(String field) {
        return new SchemaException(code, field, pointer, problem);
    }
}
