package chuan.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.Json;
import chuan.server.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Answers that have to have a form.
class StructuredTest {
    private static final String USER = "{'messages':[{'role':'user','content':'北京的天气'}],";

    private static final String WEATHER =
            "{'type':'object','properties':{'城市':{'enum':['北京','上海']},"
                    + "'度':{'type':'integer','minimum':-30,'maximum':45}},"
                    + "'required':['城市','度'],'additionalProperties':false}";

    @RegisterExtension private static final TestServer server = new TestServer();

    private static TestServer.Answer chat(String fields) throws Exception {
        return server.post("v1/chat/completions", USER + fields + "}");
    }

    private static String content(TestServer.Answer answer, int choice) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        JsonNode c = answer.json().get("choices").get(choice);
        assertThat(c.get("finish_reason").asString()).isEqualTo("stop");
        return c.get("message").get("content").asString();
    }

    private static JsonNode parsed(String text) {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void checkWeather(String text) {
        JsonNode json = parsed(text);
        assertThat(json.propertyNames()).containsExactly("城市", "度");
        assertThat(json.get("城市").asString()).isIn("北京", "上海");
        assertThat(json.get("度").isInt()).isTrue();
        assertThat(json.get("度").asInt()).isBetween(-30, 45);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'response_format':{'type':'json_schema','json_schema':{'name':'w','strict':true,"
                        + "'schema':#}}",
                "'response_format':{'type':'json_object','schema':#}",
                "'response_format':{'type':'text'},'structured_outputs':{'json':#}",
                "'guided_json':#",
                "'json_schema':#",
            })
    void aSchemaIsFollowedHoweverItIsGiven(String form) throws Exception {
        String fields =
                form.replace("#", WEATHER) + ",'temperature':1.5,'top_k':0,'max_tokens':100";
        for (int seed = 1; seed <= 4; seed++)
            checkWeather(content(chat(fields + ",'seed':" + seed), 0));
    }

    @Test
    void severalAnswersAndStreamsAreHeldToItToo() throws Exception {
        String fields =
                "'guided_json':"
                        + WEATHER
                        + ",'seed':3,'temperature':1.5,'top_k':0,'max_tokens':100,'n':4";
        var whole = chat(fields);
        for (int i = 0; i < 4; i++) checkWeather(content(whole, i));
        var texts = new ArrayList<>(List.of("", "", "", ""));
        for (JsonNode event : chat(fields + ",'stream':true").events())
            for (JsonNode choice : event.get("choices")) {
                int index = choice.get("index").asInt();
                JsonNode delta = choice.get("delta").get("content");
                if (delta != null) texts.set(index, texts.get(index) + delta.asString());
            }
        for (int i = 0; i < 4; i++) assertThat(texts.get(i)).isEqualTo(content(whole, i));
    }

    @Test
    void patternsAndChoicesAreFollowed() throws Exception {
        assertThat(content(chat("'regex':'[0-9]{3}-[甲乙丙]'"), 0)).matches("[0-9]{3}-[甲乙丙]");
        assertThat(content(chat("'guided_regex':'(是|否)。'"), 0)).isIn("是。", "否。");
        assertThat(content(chat("'structured_outputs':{'choice':['晴','多云','雨']}"), 0))
                .isIn("晴", "多云", "雨");
        var completion =
                server.post("v1/completions", "{'prompt':'1 + 1 =','regex':' [0-9]{2}'}").json();
        assertThat(completion.get("choices").get(0).get("text").asString()).matches(" [0-9]{2}");
    }

    @Test
    void anObjectOfAnyKindIsAnObject() throws Exception {
        // a model this small would fill it for ever, so it may be cut off; it must begin as one
        var answer = chat("'response_format':{'type':'json_object'},'max_tokens':60");
        assertThat(answer.status()).isEqualTo(200);
        JsonNode choice = answer.json().get("choices").get(0);
        String text = choice.get("message").get("content").asString();
        assertThat(text).startsWith("{");
        if (choice.get("finish_reason").asString().equals("stop"))
            assertThat(parsed(text).isObject()).isTrue();
    }

    @Test
    void theModelIsToldTheSchema() throws Exception {
        String prompt =
                server.post("apply-template", USER + "'guided_json':{'type':'integer'}}")
                        .json()
                        .get("prompt")
                        .asString();
        assertThat(prompt).contains("{\"type\":\"integer\"}").endsWith("北京的天气<reserved_103>");
    }

    @Test
    void aBeginningMustBeAllowed() throws Exception {
        String ids = server.post("tokenize", "{'content':'你好'}").json().get("tokens").toString();
        var answer = chat("'guided_json':" + WEATHER + ",'x-chuan-prefix-ids':" + ids);
        assertThat(answer.status()).isEqualTo(400);
        String open = server.post("tokenize", "{'content':'{'}").json().get("tokens").toString();
        var rest =
                chat("'guided_json':" + WEATHER + ",'max_tokens':100,'x-chuan-prefix-ids':" + open);
        checkWeather("{" + content(rest, 0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'response_format':'json' | response_format",
                "'response_format':{} | response_format.type",
                "'response_format':{'type':'xml'} | response_format.type",
                "'response_format':{'type':'json_schema','json_schema':{}}"
                        + " | response_format.json_schema.schema",
                "'response_format':{'type':'json_schema','json_schema':{'schema':"
                        + "{'type':'array','uniqueItems':true}}} | response_format.json_schema.schema",
                "'guided_json':{'type':'whatever'} | guided_json",
                "'regex':'(a' | regex",
                "'regex':5 | regex",
                "'guided_choice':[] | guided_choice",
                "'regex':'a','guided_json':{} | guided_json",
            })
    void whatCannotBeFollowedIsRefused(String fields, String param) throws Exception {
        var answer = chat(fields);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().get("error").get("param").asString()).isEqualTo(param);
    }

    @Test
    void aRefusedSchemaIsNamedByPointerAndCode() throws Exception {
        JsonNode error =
                chat("'guided_json':{'properties':{'a':{'type':'array','uniqueItems':true}}}")
                        .json()
                        .get("error");
        assertThat(error.get("code").asString()).isEqualTo("invalid_json_schema");
        assertThat(error.get("message").asString())
                .contains("#/properties/a")
                .contains("uniqueItems");
    }
}
