package chuan.engine.constrain;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.Constraint;
import chuan.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is allowed and what is not, by example.
class ConstraintsTest {
    private static final Tokenizer TOKENIZER = Vocabularies.SHIPPED;
    private static final Constraints CONSTRAINTS = new Constraints(TOKENIZER);

    private static boolean accepts(Constraint constraint, String text) {
        return Vocabularies.accepts(constraint, TOKENIZER, text);
    }

    @Test
    void anyObject() {
        var constraint = CONSTRAINTS.jsonObject();
        assertThat(accepts(constraint, "{}")).isTrue();
        assertThat(accepts(constraint, "{\"城市\": [1, -2.5e3, null, {\"😀\":\"\\n\"}]}")).isTrue();
        assertThat(accepts(constraint, "{\n  \"a\": true\n}")).isTrue();
        assertThat(accepts(constraint, "[]")).isFalse();
        assertThat(accepts(constraint, "{\"a\":01}")).isFalse();
        assertThat(accepts(constraint, "{\"a\":1,}")).isFalse();
        assertThat(accepts(constraint, "{} ")).isFalse();
        assertThat(accepts(constraint, "{\"a\":\"\u0001\"}")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"type":"integer","minimum":1,"maximum":31} | 31 | true
                    {"type":"integer","minimum":1,"maximum":31} | 32 | false
                    {"type":"integer","minimum":1,"maximum":31} | 0 | false
                    {"type":"number","exclusiveMinimum":-1.5,"maximum":0.25} | -1.4999 | true
                    {"type":"number","exclusiveMinimum":-1.5,"maximum":0.25} | -1.5 | false
                    {"type":"number","exclusiveMinimum":-1.5,"maximum":0.25} | 0.25 | true
                    {"type":"number","exclusiveMinimum":-1.5,"maximum":0.25} | 0.2500 | true
                    {"type":"number","exclusiveMinimum":-1.5,"maximum":0.25} | 0.2501 | false
                    {"type":"number","multipleOf":0.05} | 12.35 | true
                    {"type":"number","multipleOf":0.05} | 12.36 | false
                    {"enum":["北京","上海",1,null,{"a":[1]}]} | "上海" | true
                    {"enum":["北京","上海",1,null,{"a":[1]}]} | {"a": [1]} | true
                    {"enum":["北京","上海",1,null,{"a":[1]}],"type":"string"} | 1 | false
                    {"type":"string","minLength":2,"maxLength":3} | "你😀" | true
                    {"type":"string","minLength":2,"maxLength":3} | "你" | false
                    {"type":"string","minLength":2,"maxLength":3} | "abcd" | false
                    {"type":"string","pattern":"b+"} | "aab" | true
                    {"type":"string","pattern":"^b+$"} | "aab" | false
                    {"type":"string","pattern":"^b+$","maxLength":2} | "bbb" | false
                    {"type":"string","format":"date"} | "2024-02-29" | true
                    {"type":"string","format":"date"} | "2023-02-29" | false
                    {"properties":{"a":{"type":"integer"},"b":{}},"required":["b"],"type":"object"} | {"b":[]} | true
                    {"properties":{"a":{"type":"integer"},"b":{}},"required":["b"],"type":"object"} | {"a":1} | false
                    {"properties":{"a":{"type":"integer"}},"type":"object","additionalProperties":{"type":"null"}} | {"a":1,"ab":null} | true
                    {"properties":{"a":{"type":"integer"}},"type":"object","additionalProperties":{"type":"null"}} | {"ab":null,"a":null} | false
                    {"type":"array","prefixItems":[{"type":"null"}],"items":{"type":"boolean"},"minItems":2,"maxItems":3} | [null, true] | true
                    {"type":"array","prefixItems":[{"type":"null"}],"items":{"type":"boolean"},"minItems":2,"maxItems":3} | [null] | false
                    {"$defs":{"n":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["next"]}},"$ref":"#/$defs/n"} | {"next":{"next":null}} | true
                    {"$defs":{"n":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["next"]}},"$ref":"#/$defs/n"} | {"next":{"next":1}} | false
                    {"allOf":[{"type":"integer","minimum":3},{"maximum":5}]} | 4 | true
                    {"allOf":[{"type":"integer","minimum":3},{"maximum":5}]} | 6 | false
                    """)
    void byExample(String schema, String text, boolean allowed) {
        assertThat(accepts(CONSTRAINTS.jsonSchema(schema), text)).isEqualTo(allowed);
    }
}
