package chuan.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.TestServer;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Answers in a form that the request prescribes, judged by an independent validator.
class FormatTest {
    @RegisterExtension private static final TestServer server = new TestServer();

    private static TestServer.Answer chat(String fields) throws Exception {
        return server.post(
                "v1/chat/completions",
                "{'messages':[{'role':'user','content':'介绍一下北京'}]," + fields + "}");
    }

    private static String content(TestServer.Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        var choice = answer.json().get("choices").get(0);
        assertThat(choice.get("finish_reason").asString()).isEqualTo("stop");
        return choice.get("message").get("content").asString();
    }

    static Stream<String> schemas() {
        return Stream.of(
                "{'type':'object','properties':{'城市':{'enum':['北京','上海']},"
                        + "'n':{'type':'integer','minimum':1,'maximum':31}},'required':['城市']}",
                "{'type':'object','properties':{'a':{'type':'boolean'},'b':{'type':'null'}},"
                        + "'required':['a','b'],'additionalProperties':false}",
                "{'type':'array','items':{'type':'integer','minimum':-5,'maximum':5},"
                        + "'minItems':2,'maxItems':4}",
                "{'enum':['红','绿','蓝',3,null]}",
                "{'type':'string','minLength':3,'maxLength':6}",
                "{'type':'string','pattern':'^[A-Z]{2}-[0-9]{3}$'}",
                "{'anyOf':[{'const':true},{'type':'object','properties':{'k':{'type':'string',"
                        + "'maxLength':4}},'required':['k']}]}",
                "{'type':'object','properties':{'tree':{'$ref':'#/$defs/node'}},'required':['tree'],"
                        + "'$defs':{'node':{'type':'object','properties':{'v':{'enum':[1,2]},"
                        + "'next':{'anyOf':[{'$ref':'#/$defs/node'},{'type':'null'}]}},"
                        + "'required':['v','next']}}}",
                "{'type':'object','properties':{'date':{'type':'string','format':'date'},"
                        + "'id':{'type':'string','format':'uuid'}},'required':['date','id']}",
                "{'type':'object','properties':{'p':{'type':'array','items':{'type':'object',"
                        + "'properties':{'x':{'type':'number','minimum':0,'maximum':1}},"
                        + "'required':['x']},'minItems':1,'maxItems':2}},'required':['p']}");
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void answersFollowTheirSchema(String quoted) throws Exception {
        String schema = quoted.replace('\'', '"');
        var judge =
                SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                        .getSchema(schema, InputFormat.JSON);
        for (int seed = 1; seed <= 3; seed++) {
            String format =
                    "'response_format':{'type':'json_schema','json_schema':{'name':'x','schema':"
                            + quoted
                            + ",'strict':true}},'seed':"
                            + seed;
            String answer = content(chat(format));
            assertThat(judge.validate(answer, InputFormat.JSON)).as(answer).isEmpty();
        }
    }

    @Test
    void aGrammarIsKept() throws Exception {
        String grammar = "'grammar':'root ::= [甲乙] [0-9]{2} root?','max_tokens':40,'seed':";
        for (int seed = 1; seed <= 3; seed++) {
            var choice = chat(grammar + seed).json().get("choices").get(0);
            String text = choice.get("message").get("content").asString();
            if (choice.get("finish_reason").asString().equals("stop"))
                assertThat(text).matches("([甲乙][0-9]{2})+");
            else assertThat(text).matches("([甲乙][0-9]{2})*([甲乙][0-9]?)?");
        }
        var refused = chat("'grammar':'root ::= nobody'");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().get("error").get("param").asString()).isEqualTo("grammar");
    }

    @Test
    void ollamaHasFormat() throws Exception {
        String body =
                "{'model':'chuan-10m-chat','stream':false,'format':{'type':'array','items':"
                        + "{'enum':[1,2]},'minItems':2,'maxItems':2},";
        var chat = server.post("api/chat", body + "'messages':[{'role':'user','content':'数'}]}");
        assertThat(chat.json().get("message").get("content").asString())
                .matches("\\[[12], ?[12]\\]");
        var generate = server.post("api/generate", body + "'prompt':'数'}");
        assertThat(generate.json().get("response").asString()).matches("\\[[12], ?[12]\\]");
    }
}
