package chuan.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.Json;
import chuan.server.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/// Calls of tools, forced ones above all: the shipped model makes none by itself.
class ToolsTest {
    private static final String WEATHER =
            "{'type':'function','function':{'name':'get_weather','description':'查询天气',"
                    + "'parameters':{'type':'object','properties':{"
                    + "'城市':{'$ref':'#/$defs/city'},"
                    + "'days':{'type':'integer','minimum':1,'maximum':7}},"
                    + "'required':['城市','days'],"
                    + "'$defs':{'city':{'enum':['北京','上海']}}}}}";
    private static final String TIME =
            "{'type':'function','function':{'name':'get_time','parameters':{'type':'object',"
                    + "'properties':{'zone':{'type':'string','maxLength':8}},'required':['zone']}}}";
    private static final String PLACE =
            "{'type':'function','function':{'name':'go','parameters':{'type':'object','properties':"
                    + "{'to':{'enum':['北','南']}},'required':['to']}}}";
    private static final String TOOLS = "'tools':[" + WEATHER + "," + TIME + "]";
    private static final String NAMED =
            "'tool_choice':{'type':'function','function':{'name':'get_weather'}}";

    @RegisterExtension private static final TestServer server = new TestServer();

    private static TestServer.Answer chat(String fields) throws Exception {
        return server.post(
                "v1/chat/completions",
                "{'messages':[{'role':'user','content':'北京明天天气怎么样？'}]," + fields + "}");
    }

    private static JsonNode parse(String json) {
        return Json.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    private static void checkWeather(JsonNode arguments) {
        assertThat(arguments.propertyNames()).containsExactlyInAnyOrder("城市", "days");
        assertThat(arguments.get("城市").asString()).isIn("北京", "上海");
        assertThat(arguments.get("days").isIntegralNumber()).isTrue();
        assertThat(arguments.get("days").asInt()).isBetween(1, 7);
    }

    @Test
    void aNamedToolIsCalledWithArgumentsThatFollowItsSchema() throws Exception {
        for (int seed = 1; seed <= 10; seed++) {
            var choice =
                    chat(TOOLS
                                    + ","
                                    + NAMED
                                    + ",'temperature':2,'top_k':0,'top_p':1,'seed':"
                                    + seed)
                            .json()
                            .get("choices")
                            .get(0);
            assertThat(choice.get("finish_reason").asString()).isEqualTo("tool_calls");
            var message = choice.get("message");
            assertThat(List.copyOf(message.propertyNames()))
                    .containsExactly("role", "content", "refusal", "tool_calls");
            assertThat(message.get("content").isNull()).isTrue();
            assertThat(message.get("tool_calls").size()).isEqualTo(1);
            var call = message.get("tool_calls").get(0);
            assertThat(call.get("id").asString()).startsWith("call_");
            assertThat(call.get("type").asString()).isEqualTo("function");
            assertThat(call.get("function").get("name").asString()).isEqualTo("get_weather");
            checkWeather(parse(call.get("function").get("arguments").asString()));
        }
    }

    /// The ids that would end the answer are made all but impossible: it goes on to the last call
    /// that is allowed.
    @Test
    void requiredMayCallSeveral() throws Exception {
        String endless =
                ",'tool_choice':'required','temperature':0,'logit_bias':{'2':-100,'18':-100},'max_tokens':150";
        var choice = chat("'tools':[" + PLACE + "]" + endless).json().get("choices").get(0);
        assertThat(choice.get("finish_reason").asString()).isEqualTo("length");
        var calls = choice.get("message").get("tool_calls");
        assertThat(calls.size()).isGreaterThan(2);
        var ids = new HashSet<String>();
        for (JsonNode call : calls) {
            ids.add(call.get("id").asString());
            if (ids.size() == calls.size()) break; // where it was cut off
            assertThat(call.get("function").get("name").asString()).isEqualTo("go");
            var arguments = parse(call.get("function").get("arguments").asString());
            assertThat(arguments.get("to").asString()).isIn("北", "南");
        }
        assertThat(ids).hasSize(calls.size());

        var names = new ArrayList<String>();
        var arguments = new ArrayList<StringBuilder>();
        var events = chat("'tools':[" + PLACE + "],'stream':true" + endless).events();
        for (JsonNode event : events) {
            var delta = event.get("choices").get(0).get("delta");
            if (!delta.has("tool_calls")) continue;
            for (JsonNode call : delta.get("tool_calls")) {
                if (call.has("id")) {
                    assertThat(call.get("index").asInt()).isEqualTo(names.size());
                    names.add(call.get("function").get("name").asString());
                    arguments.add(new StringBuilder());
                }
                arguments
                        .get(call.get("index").asInt())
                        .append(call.get("function").get("arguments").asString());
            }
        }
        assertThat(names).hasSize(calls.size()).containsOnly("go");
        for (int i = 0; i < calls.size(); i++)
            assertThat(arguments.get(i))
                    .hasToString(calls.get(i).get("function").get("arguments").asString());

        for (String one :
                List.of(
                        "'parallel_tool_calls':false,'tools':[" + PLACE + "]" + endless,
                        "'tools':["
                                + PLACE
                                + "]"
                                + endless.replace("'required'", "{'function':{'name':'go'}}")))
            assertThat(
                            chat(one)
                                    .json()
                                    .get("choices")
                                    .get(0)
                                    .get("message")
                                    .get("tool_calls")
                                    .size())
                    .isEqualTo(1);
    }

    @Test
    void someOfTheToolsMayBeAllowed() throws Exception {
        String allowed =
                ",'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'required','tools':"
                        + "[{'type':'function','function':{'name':'get_time'}}]}}";
        for (int seed = 1; seed <= 3; seed++)
            assertThat(
                            chat(TOOLS + allowed + ",'max_tokens':100,'seed':" + seed)
                                    .json()
                                    .get("choices")
                                    .get(0)
                                    .get("message")
                                    .get("tool_calls")
                                    .get(0)
                                    .get("function")
                                    .get("name")
                                    .asString())
                    .isEqualTo("get_time");
        assertThat(prompt("'messages':[{'role':'user','content':'hi'}]," + TOOLS + allowed))
                .contains("get_time")
                .doesNotContain("get_weather");
    }

    /// As OpenAI's SDKs send it for answers as objects: what is said has the form, unless a tool is
    /// called.
    @Test
    void toolsAndAFormGoTogether() throws Exception {
        var choice =
                chat(TOOLS
                                + ",'parallel_tool_calls':false,'response_format':{'type':'json_schema','json_schema':{'name':'x','schema':"
                                + "{'type':'object','properties':{'n':{'enum':[1,2]}},'required':['n']}}}")
                        .json()
                        .get("choices")
                        .get(0);
        if (choice.get("message").has("tool_calls")) {
            assertThat(choice.get("finish_reason").asString()).isEqualTo("tool_calls");
            assertThat(choice.get("message").get("content").isNull()).isTrue();
        } else {
            assertThat(parse(choice.get("message").get("content").asString()).get("n").asInt())
                    .isIn(1, 2);
        }
        String begun =
                "{'messages':[{'role':'user','content':'天气？'},"
                        + "{'role':'assistant','content':'<tool_call>\\n'}],'continue_final_message':true,"
                        + "'response_format':{'type':'json_object'},'parallel_tool_calls':false,"
                        + TOOLS
                        + "}";
        var call = server.post("v1/chat/completions", begun).json().get("choices").get(0);
        assertThat(call.get("finish_reason").asString()).isEqualTo("tool_calls");
    }

    @Test
    void requiredCallsOneOfThem() throws Exception {
        for (int seed = 1; seed <= 6; seed++) {
            var call =
                    chat(TOOLS + ",'tool_choice':'required','max_tokens':100,'seed':" + seed)
                            .json()
                            .get("choices")
                            .get(0)
                            .get("message")
                            .get("tool_calls")
                            .get(0)
                            .get("function");
            var arguments = parse(call.get("arguments").asString());
            if (call.get("name").asString().equals("get_weather")) checkWeather(arguments);
            else {
                assertThat(call.get("name").asString()).isEqualTo("get_time");
                assertThat(arguments.get("zone").isString()).isTrue();
            }
        }
    }

    /// As OpenAI's clients put deltas together: id, type and name once, then arguments only.
    @Test
    void aStreamHasTheDeltasThatClientsExpect() throws Exception {
        var events = chat(TOOLS + "," + NAMED + ",'seed':3,'stream':true").events();
        var first = events.getFirst().get("choices").get(0);
        assertThat(first.get("delta").toString())
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"\"}");
        var last = events.getLast().get("choices").get(0);
        assertThat(last.get("finish_reason").asString()).isEqualTo("tool_calls");
        assertThat(last.get("delta").isEmpty()).isTrue();
        var begin = events.get(1).get("choices").get(0).get("delta");
        assertThat(begin.get("content").isNull()).isTrue();
        var call = begin.get("tool_calls").get(0);
        assertThat(List.copyOf(call.propertyNames()))
                .containsExactly("index", "id", "type", "function");
        assertThat(call.get("function").toString())
                .isEqualTo("{\"name\":\"get_weather\",\"arguments\":\"\"}");
        var arguments = new StringBuilder();
        for (JsonNode event : events.subList(2, events.size() - 1)) {
            var choice = event.get("choices").get(0);
            assertThat(choice.get("finish_reason").isNull()).isTrue();
            assertThat(List.copyOf(choice.get("delta").propertyNames()))
                    .containsExactly("tool_calls");
            var more = choice.get("delta").get("tool_calls").get(0);
            assertThat(List.copyOf(more.propertyNames())).containsExactly("index", "function");
            assertThat(more.get("index").asInt()).isZero();
            assertThat(List.copyOf(more.get("function").propertyNames()))
                    .containsExactly("arguments");
            arguments.append(more.get("function").get("arguments").asString());
        }
        checkWeather(parse(arguments.toString()));
        var whole =
                chat(TOOLS + "," + NAMED + ",'seed':3")
                        .json()
                        .get("choices")
                        .get(0)
                        .get("message")
                        .get("tool_calls")
                        .get(0);
        assertThat(whole.get("function").get("arguments").asString())
                .isEqualTo(arguments.toString());
    }

    @Test
    void autoAnswersWithTextIfTheModelCallsNothing() throws Exception {
        for (String choice : List.of("", ",'tool_choice':'auto'", ",'tool_choice':'none'")) {
            var answer = chat(TOOLS + choice + ",'max_tokens':12,'temperature':0").json();
            var message = answer.get("choices").get(0).get("message");
            assertThat(message.has("tool_calls")).isFalse();
            assertThat(message.get("content").asString()).isNotEmpty();
        }
    }

    /// As if the model had begun a call itself.
    @Test
    void whatTheModelHasBegunToCallItMustFinish() throws Exception {
        for (int seed = 1; seed <= 5; seed++) {
            var choice =
                    server.post(
                                    "v1/chat/completions",
                                    "{'messages':[{'role':'user','content':'天气？'},"
                                            + "{'role':'assistant','content':'好。\\n<tool_call>\\n'}],"
                                            + "'continue_final_message':true,"
                                            + "'parallel_tool_calls':false,"
                                            + TOOLS
                                            + ",'seed':"
                                            + seed
                                            + "}")
                            .json()
                            .get("choices")
                            .get(0);
            var message = choice.get("message");
            var call = message.get("tool_calls").get(0).get("function");
            assertThat(choice.get("finish_reason").asString()).isEqualTo("tool_calls");
            if (call.get("name").asString().equals("get_weather"))
                checkWeather(parse(call.get("arguments").asString()));
        }
    }

    private static String prompt(String fields) throws Exception {
        return server.post("apply-template", "{" + fields + "}").json().get("prompt").asString();
    }

    @Test
    void toolsCallsAndResultsStandInThePrompt() throws Exception {
        String conversation =
                "'messages':[{'role':'system','content':'你是助手'},{'role':'user','content':'天气？'},"
                        + "{'role':'assistant','content':null,'tool_calls':[{'id':'c1','type':'function',"
                        + "'function':{'name':'get_time','arguments':'{}'}}]},"
                        + "{'role':'tool','tool_call_id':'c1','content':'十点'},"
                        + "{'role':'tool','content':'晴'}]";
        String text = prompt(conversation + "," + TOOLS);
        assertThat(text.indexOf("你是助手")).isNotNegative().isLessThan(text.indexOf("查询天气"));
        assertThat(text)
                .contains("<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}")
                .contains("工具 get_time 的结果：\n十点\n工具的结果：\n晴");
        assertThat(prompt(conversation + "," + TOOLS + ",'tool_choice':'none'"))
                .doesNotContain("查询天气");
        assertThat(prompt("'messages':[{'role':'user','content':'hi'}],'tools':[" + TIME + "]"))
                .contains("You can use these tools");
    }

    @Test
    void whatCannotBeIsRefusedWithItsPlace() throws Exception {
        record Case(String fields, String param) {}
        String strict =
                "{'type':'function','function':{'name':'x','strict':true,"
                        + "'parameters':{'type':'object','$ref':'http://x/y'}}}";
        for (var c :
                List.of(
                        new Case("'tool_choice':'required'", "tool_choice"),
                        new Case(TOOLS + ",'tool_choice':'perhaps'", "tool_choice"),
                        new Case(
                                TOOLS + ",'tool_choice':{'function':{'name':'nobody'}}",
                                "tool_choice.function.name"),
                        new Case("'tools':[{'type':'web'}]", "tools[0].type"),
                        new Case("'tools':[{'function':{'name':'a b'}}]", "tools[0].function.name"),
                        new Case("'tools':[" + TIME + "," + TIME + "]", "tools[1].function.name"),
                        new Case(
                                "'tools':[" + strict + "],'tool_choice':'required'",
                                "tools[0].function.parameters"),
                        new Case("'tools':[" + strict + "]", "tools[0].function.parameters"))) {
            var answer = chat(c.fields);
            assertThat(answer.status()).as(c.fields).isEqualTo(400);
            assertThat(answer.json().get("error").get("param").asString()).isEqualTo(c.param);
        }
    }

    /// A tool that is not strict and cannot be followed exactly does not make the others useless.
    @Test
    void aSchemaThatCannotBeFollowedIsCalledWithAnyObject() throws Exception {
        String odd =
                "{'type':'function','function':{'name':'odd','parameters':{'type':'object','$ref':'http://x/y'}}}";
        var call =
                chat("'tools':[" + odd + "],'tool_choice':'required','max_tokens':300,'seed':1")
                        .json()
                        .get("choices")
                        .get(0)
                        .get("message")
                        .get("tool_calls")
                        .get(0);
        assertThat(call.get("function").get("name").asString()).isEqualTo("odd");
        assertThat(call.get("function").get("arguments").asString()).startsWith("{");
    }

    @Test
    void ollamaHasArgumentsAsAnObject() throws Exception {
        String body =
                "{'model':'chuan-10m-chat','messages':[{'role':'user','content':'天气？'},"
                        + "{'role':'assistant','content':'','tool_calls':[{'function':{'name':'get_time',"
                        + "'arguments':{'zone':'x'}}}]},"
                        + "{'role':'tool','tool_name':'get_time','content':'十点'}],"
                        + TOOLS
                        + ",'options':{'num_predict':12,'temperature':0},'stream':";
        var whole = server.post("api/chat", body + "false}").json();
        assertThat(whole.get("message").get("content").asString()).isNotEmpty();
        assertThat(server.post("api/chat", body + "true}").text()).contains("\"done\":true");
    }
}
