package chuan.engine.constrain;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;

/// Twenty schemas of the kind that programs send, and an independent judge of values.
final class Schemas {
    static final List<String> ALL =
            List.of(
                    "{\"type\":\"object\",\"properties\":{\"城市\":{\"enum\":[\"北京\",\"上海\"]},\"n\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":31}},\"required\":[\"城市\"],\"additionalProperties\":false}",
                    "{\"type\":\"object\",\"properties\":{\"姓名\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":8},\"年龄\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":120},\"已婚\":{\"type\":\"boolean\"}},\"required\":[\"姓名\",\"年龄\",\"已婚\"],\"additionalProperties\":false}",
                    "{\"type\":\"array\",\"items\":{\"enum\":[\"红\",\"绿\",\"蓝\"]},\"minItems\":1,\"maxItems\":4}",
                    "{\"type\":\"object\",\"properties\":{\"价格\":{\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":99.5},\"折扣\":{\"type\":\"number\",\"minimum\":-0.5,\"exclusiveMaximum\":0.5}},\"required\":[\"价格\",\"折扣\"]}",
                    "{\"type\":\"object\",\"properties\":{\"地址\":{\"type\":\"object\",\"properties\":{\"省\":{\"type\":\"string\",\"maxLength\":6},\"市\":{\"type\":\"string\",\"maxLength\":6},\"邮编\":{\"type\":\"string\",\"pattern\":\"^[0-9]{6}$\"}},\"required\":[\"省\",\"市\",\"邮编\"]}},\"required\":[\"地址\"]}",
                    "{\"enum\":[1,2.5,\"三\",null,true,[1,\"二\"],{\"键\":\"值\"}]}",
                    "{\"const\":{\"版本\":1}}",
                    "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"format\":\"uuid\"},\"日期\":{\"type\":\"string\",\"format\":\"date\"},\"时间\":{\"type\":\"string\",\"format\":\"date-time\"}},\"required\":[\"id\",\"日期\",\"时间\"]}",
                    "{\"anyOf\":[{\"type\":\"integer\",\"multipleOf\":7,\"minimum\":-100,\"maximum\":100},{\"type\":\"string\",\"maxLength\":3},{\"type\":\"null\"}]}",
                    "{\"$defs\":{\"节点\":{\"type\":\"object\",\"properties\":{\"值\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":9},\"子\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/节点\"},\"maxItems\":2}},\"required\":[\"值\"]}},\"$ref\":\"#/$defs/节点\"}",
                    "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":9},\"propertyNames\":{\"maxLength\":8},\"maxProperties\":3}",
                    "{\"type\":\"object\",\"patternProperties\":{\"^[a-c]{1,2}$\":{\"type\":\"boolean\"}},\"additionalProperties\":false,\"maxProperties\":2}",
                    "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\",\"maxLength\":4},{\"type\":\"integer\",\"minimum\":5,\"maximum\":15}],\"items\":false,\"minItems\":2}",
                    "{\"oneOf\":[{\"type\":\"object\",\"properties\":{\"类型\":{\"const\":\"圆\"},\"半径\":{\"type\":\"number\",\"minimum\":0,\"maximum\":10,\"multipleOf\":0.1}},\"required\":[\"类型\",\"半径\"],\"additionalProperties\":false},{\"type\":\"object\",\"properties\":{\"类型\":{\"const\":\"方\"},\"边长\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10}},\"required\":[\"类型\",\"边长\"],\"additionalProperties\":false}]}",
                    "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]},{\"properties\":{\"a\":{\"minimum\":-20,\"maximum\":20},\"b\":{\"type\":\"string\",\"maxLength\":5}}}]}",
                    "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":-9,\"maximum\":9},\"minItems\":2,\"maxItems\":2},\"minItems\":2,\"maxItems\":2}",
                    "{\"type\":\"object\",\"properties\":{\"邮箱\":{\"type\":\"string\",\"format\":\"email\",\"maxLength\":20},\"ip\":{\"type\":\"string\",\"format\":\"ipv4\"}},\"required\":[\"邮箱\",\"ip\"]}",
                    "{\"type\":[\"string\",\"null\"],\"pattern\":\"^(是|否|不知道)$\"}",
                    "{\"type\":\"object\",\"properties\":{\"步骤\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"说明\":{\"type\":\"string\",\"maxLength\":10},\"结果\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":99}},\"required\":[\"说明\",\"结果\"]},\"minItems\":1,\"maxItems\":3},\"答案\":{\"type\":\"integer\",\"exclusiveMinimum\":0,\"exclusiveMaximum\":1000}},\"required\":[\"步骤\",\"答案\"]}",
                    "{\"type\":\"object\",\"properties\":{\"引号\\\"\":{\"enum\":[\"a\\\"b\\\\c\",\"换\\n行\",\"（；）\",\"😀\"]},\"空\":{\"type\":\"null\"}},\"required\":[\"引号\\\"\",\"空\"],\"minProperties\":2}");

    private Schemas() {}

    /// What the validator of networknt, which is not ours, finds wrong; empty = nothing.
    static String faults(String schema, String value) {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(schema)
                .validate(value, InputFormat.JSON)
                .toString()
                .replaceFirst("^\\[]$", "");
    }
}
