package chuan.engine.constrain;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.Constraint;
import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolChoice;
import chuan.engine.tools.ToolUse;
import chuan.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
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

    @Test
    void callsOfTools() {
        var tools =
                new ToolUse(
                        List.of(
                                new Tool("a", "", "{\"type\":\"object\"}"),
                                new Tool("b", "", ""),
                                new Tool("odd", "", "{\"$ref\":\"http://x/y\"}")),
                        new ToolChoice.Auto(),
                        true);
        String a = "{\"name\": \"a\", \"arguments\": {\"x\":[1]}}";
        String b = "{\"name\": \"b\", \"arguments\": {}}";
        String next = "\n<tool_call>\n";
        var forced = tools.withChoice(new ToolChoice.Required());
        var behind = CONSTRAINTS.continuing().tools(forced, Constraint.NONE);
        assertThat(acceptsBehind(behind, a)).isTrue();
        assertThat(acceptsBehind(behind, a + next + b + next + a)).isTrue();
        assertThat(acceptsBehind(behind, a + next.strip() + "\n" + b)).isTrue();
        assertThat(acceptsBehind(behind, a + next)).isFalse();
        assertThat(acceptsBehind(behind, a + "\n")).isFalse();
        assertThat(acceptsBehind(behind, a + " and")).isFalse();
        assertThat(acceptsBehind(behind, "")).isFalse();
        assertThat(acceptsBehind(behind, "{\"name\": \"b\", \"arguments\": {\"x\":1}}")).isFalse();
        assertThat(acceptsBehind(behind, "{\"name\": \"c\", \"arguments\": {}}")).isFalse();
        assertThat(acceptsBehind(behind, "{\"name\": \"odd\", \"arguments\": {\"x\":1}}")).isTrue();
        String most = (a + next).repeat(ToolUse.MOST_CALLS - 1) + a;
        assertThat(acceptsBehind(behind, most)).isTrue();
        assertThat(acceptsBehind(behind, most + next + a)).isFalse();
        var one = CONSTRAINTS.continuing().tools(forced.withParallel(false), Constraint.NONE);
        assertThat(acceptsBehind(one, a)).isTrue();
        assertThat(acceptsBehind(one, a + next + b)).isFalse();
        var named = forced.withChoice(new ToolChoice.Named("b"));
        var onlyB = CONSTRAINTS.continuing().tools(named, Constraint.NONE);
        assertThat(acceptsBehind(onlyB, b)).isTrue();
        assertThat(acceptsBehind(onlyB, a)).isFalse();
        assertThat(acceptsBehind(onlyB, b + next + b)).isFalse();
        var free = CONSTRAINTS.tools(tools, Constraint.NONE);
        assertThat(accepts(free, "1 <tool_call> 2")).isTrue();
        assertThat(accepts(free, "1" + next + a + next + b)).isTrue();
        assertThat(accepts(free, "1" + next + a + " 2")).isFalse();
        var orNumber = CONSTRAINTS.tools(tools, CONSTRAINTS.jsonSchema("{\"type\":\"integer\"}"));
        assertThat(accepts(orNumber, "12")).isTrue();
        assertThat(accepts(orNumber, "<tool_call>\n" + a)).isTrue();
        assertThat(accepts(orNumber, "12" + next + a)).isFalse();
        assertThat(accepts(orNumber, "one")).isFalse();
    }

    private static boolean acceptsBehind(Constraint constraint, String text) {
        int state = constraint.start();
        int[] ids = Vocabularies.split(TOKENIZER, text, null);
        for (int id : Arrays.copyOfRange(ids, 1, ids.length)) { // without the leading space
            state = constraint.advance(state, id);
            if (state < 0) return false;
        }
        return constraint.accepting(state);
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
                    {"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"c":{}},"required":["a"],"x-chuan":{"order":"any"}} | {"b":1,"a":2} | true
                    {"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"c":{}},"required":["a"],"x-chuan":{"order":"any"}} | {"b":1} | false
                    {"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"c":{}},"required":["a"],"x-chuan":{"order":"any"}} | {"a":1,"b":2,"a":3} | false
                    {"type":"array","items":{"enum":["红","绿","蓝"]},"uniqueItems":true,"minItems":2} | ["蓝", "红"] | true
                    {"type":"array","items":{"enum":["红","绿","蓝"]},"uniqueItems":true,"minItems":2} | ["蓝","蓝"] | false
                    {"type":"array","items":{"enum":["红","绿","蓝"]},"uniqueItems":true,"minItems":2} | ["蓝"] | false
                    {"type":"array","items":{"type":"string"},"uniqueItems":true} | ["a","ab", "","b"] | true
                    {"type":"array","items":{"type":"string"},"uniqueItems":true} | ["a","ab","a"] | false
                    {"type":"array","items":{"type":"integer"},"uniqueItems":true,"minItems":2} | [1,12, 2] | true
                    {"type":"array","items":{"type":"integer"},"uniqueItems":true,"minItems":2} | [1,12,1] | false
                    {"type":"array","items":{"type":"integer"},"uniqueItems":true,"minItems":2} | [0,-0] | false
                    {"type":"number","multipleOf":2} | 2.4 | false
                    {"type":"number","multipleOf":2} | 4.0 | true
                    {"type":"array","items":{"type":"integer"},"contains":{"minimum":5}} | [1,7,2] | true
                    {"type":"array","items":{"type":"integer"},"contains":{"minimum":5}} | [1,2] | false
                    {"type":"array","items":{"type":"integer"},"contains":{"minimum":5},"maxContains":1} | [6,1,7] | false
                    {"type":"object","properties":{"kind":{"enum":["a","b"]},"x":{"type":"integer"}},"required":["kind"],"if":{"properties":{"kind":{"const":"a"}}},"then":{"required":["x"]}} | {"kind":"b"} | true
                    {"type":"object","properties":{"kind":{"enum":["a","b"]},"x":{"type":"integer"}},"required":["kind"],"if":{"properties":{"kind":{"const":"a"}}},"then":{"required":["x"]}} | {"kind":"a"} | false
                    {"type":"object","properties":{"kind":{"enum":["a","b"]},"x":{"type":"integer"}},"required":["kind"],"if":{"properties":{"kind":{"const":"a"}}},"then":{"required":["x"]}} | {"kind":"a","x":1} | true
                    {"type":"object","properties":{"a":{},"b":{}},"dependentRequired":{"a":["b"]}} | {"a":1} | false
                    {"type":"object","properties":{"a":{},"b":{}},"dependentRequired":{"a":["b"]}} | {"a":1,"b":2} | true
                    {"oneOf":[{"type":"integer","minimum":3},{"type":"integer","maximum":5}]} | 2 | true
                    {"oneOf":[{"type":"integer","minimum":3},{"type":"integer","maximum":5}]} | 4 | false
                    {"type":"integer","not":{"enum":[3,5]}} | 4 | true
                    {"type":"integer","not":{"enum":[3,5]}} | 5 | false
                    {"type":"string","not":{"pattern":"^a"}} | "ba" | true
                    {"type":"string","not":{"pattern":"^a"}} | "ab" | false
                    {"$id":"http://x.org/s","$ref":"item","$defs":{"i":{"$id":"item","type":"array","items":{"$ref":"#/$defs/n"},"$defs":{"n":{"type":"null"}}}}} | [null] | true
                    {"$id":"http://x.org/s","$ref":"item","$defs":{"i":{"$id":"item","type":"array","items":{"$ref":"#/$defs/n"},"$defs":{"n":{"type":"null"}}}}} | [1] | false
                    """)
    void byExample(String schema, String text, boolean allowed) {
        assertThat(accepts(CONSTRAINTS.jsonSchema(schema), text)).isEqualTo(allowed);
    }
}
