package chuan.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.TestServer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// What requests may say, and how they hear that they said something else.
class ParametersTest {
    private static final String USER = "'messages':[{'role':'user','content':'hi'}]";

    @RegisterExtension private static final TestServer server = new TestServer();

    private static TestServer.Answer chat(String body) throws Exception {
        return server.post("v1/chat/completions", body);
    }

    private static void assertError(TestServer.Answer answer, int status, String param) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        JsonNode error = answer.json().get("error");
        assertThat(error.propertyNames()).startsWith("message", "type", "param", "code");
        assertThat(error.get("param").asString()).isEqualTo(param);
        assertThat(error.get("message").asString()).contains(param);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "temperature | -1",
                "temperature | 2.5",
                "temperature | 'hot'",
                "temperature | 1e999",
                "top_p | 2",
                "top_p | -0.1",
                "min_p | 1.5",
                "top_k | -2",
                "top_k | 1.5",
                "top_k | true",
                "presence_penalty | 3",
                "frequency_penalty | -2.1",
                "repetition_penalty | 0",
                "repetition_penalty | 5e-324",
                "repeat_penalty | -1",
                "max_tokens | 0",
                "max_tokens | -5",
                "max_tokens | 'many'",
                "max_completion_tokens | 0.5",
                "max_tokens | 99999999999",
                "n | 0",
                "n | 9",
                "stream | 'yes'",
                "stream | 1",
                "stop | 5",
                "stop | {}",
                "seed | 'x'",
                "seed | 1.5",
                "logprobs | 3",
                "logit_bias | [1]",
                "logit_bias | {'x':1}",
                "logit_bias | {'99999999':1}",
                "stream_options | true",
                "model | 7",
                "messages | 'hi'",
                "messages | []",
                "messages | null",
                "x-chuan-prefix-ids | 'a'",
                "continue_final_message | 'x'",
                "truncation | 'some'",
                "tool_choice | 'required'",
                "tool_choice | {'type':'function','function':{'name':'f'}}",
            })
    void whatIsWrongIsNamed(String field, String value) throws Exception {
        String messages = field.equals("messages") ? "" : USER + ",";
        assertError(chat("{" + messages + "'" + field + "':" + value + "}"), 400, field);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[{'content':'hi'}] | messages[0].role",
                "[{'role':'robot','content':'hi'}] | messages[0].role",
                "[{'role':'user'}] | messages[0].content",
                "[{'role':'user','content':3}] | messages[0].content",
                "['hi'] | messages[0]",
                "[{'role':'user','content':[{'type':'text','text':'a'},"
                        + "{'type':'image_url','image_url':{'url':'x'}}]}]"
                        + " | messages[0].content[1].type",
                "[{'role':'user','content':[{'type':'text'}]}] | messages[0].content[0].text",
                "[{'role':'user','content':[{'text':'x'}]}] | messages[0].content[0].type",
                "[{'role':'user','content':'a'},{'role':'assistant','tool_calls':[{'id':'x'}]}]"
                        + " | messages[1].tool_calls[0].function",
            })
    void messagesAreNamedByTheirPlace(String messages, String param) throws Exception {
        assertError(chat("{'messages':" + messages + "}"), 400, param);
    }

    @Test
    void partsOfAFieldAreNamed() throws Exception {
        String stops = "'x',".repeat(99) + "'x'";
        assertError(chat("{" + USER + ",'stop':[" + stops + "]}"), 400, "stop");
        assertError(chat("{" + USER + ",'stop':['a',1]}"), 400, "stop[1]");
        assertError(chat("{" + USER + ",'logit_bias':{'5':101}}"), 400, "logit_bias.5");
        assertError(chat("{" + USER + ",'logprobs':true,'top_logprobs':21}"), 400, "top_logprobs");
        assertError(chat("{" + USER + ",'top_logprobs':2}"), 400, "top_logprobs");
        assertError(
                chat("{" + USER + ",'x-chuan-prefix-ids':[5,-1]}"), 400, "x-chuan-prefix-ids[1]");
        assertError(
                chat("{" + USER + ",'stream_options':{'include_usage':1}}"),
                400,
                "stream_options.include_usage");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "",
                "[]",
                "null",
                "5",
                "{'messages':[{'role':'user','content':'hi'}],}",
                "{'temperature':NaN}",
                "{'a':1} x",
                "'text'",
                "{\"a\":\"\u0001\"}"
            })
    void whatIsNoJsonObjectIsRefused(String body) throws Exception {
        var answer = chat(body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("error").get("type").asString())
                .isEqualTo("invalid_request_error");
    }

    @Test
    void bytesThatAreNoTextAreRefused() throws Exception {
        byte[] body =
                ("{\"messages\":[{\"role\":\"user\",\"content\":\"\u00ff\u00fe\"}]}")
                        .getBytes(StandardCharsets.ISO_8859_1);
        var answer =
                server.send(
                        server.request("v1/chat/completions")
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofByteArray(body))
                                .build());
        assertThat(answer.status()).isEqualTo(400);
    }

    @Test
    void deepNestingIsRefusedAndHarmless() throws Exception {
        assertThat(chat("[".repeat(100_000)).status()).isEqualTo(400);
        assertThat(chat("{'a':".repeat(5_000)).status()).isEqualTo(400);
    }

    @Test
    void anotherModelIsNotFound() throws Exception {
        var answer = chat("{" + USER + ",'model':'gpt-9'}");
        assertThat(answer.status()).isEqualTo(404);
        JsonNode error = answer.json().get("error");
        assertThat(error.get("code").asString()).isEqualTo("model_not_found");
        assertThat(error.get("param").asString()).isEqualTo("model");
    }

    @Test
    void nullIsAbsentAndUnknownFieldsAreIgnored() throws Exception {
        var answer =
                chat(
                        "{"
                                + USER
                                + ",'max_tokens':2,'temperature':null,'top_p':null,'n':null,"
                                + "'stop':null,'seed':null,'logprobs':null,'top_logprobs':null,"
                                + "'stream':null,'stream_options':null,'logit_bias':null,"
                                + "'presence_penalty':null,'frequency_penalty':null,'user':null,"
                                + "'max_completion_tokens':null,'tools':null,'tool_choice':null,"
                                + "'response_format':null,'store':true,'metadata':{'a':'b'},"
                                + "'service_tier':'auto','reasoning_effort':'low','zzz':[1,2]}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    @Test
    void oftenSeenFormsAreAccepted() throws Exception {
        for (String fields :
                List.of(
                        "'temperature':0",
                        "'temperature':2",
                        "'top_k':-1",
                        "'max_tokens':2.0",
                        "'seed':-9223372036854775808",
                        "'seed':123456789012345678901234567890",
                        "'stop':''",
                        "'stop':[]",
                        "'stop':['']",
                        "'model':'GPT-3.5-turbo'",
                        "'model':'chuan-10m-chat:latest'",
                        "'model':''"))
            assertThat(chat("{" + USER + ",'max_completion_tokens':1," + fields + "}").status())
                    .as(fields)
                    .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'role':'system','content':'只用英文回答'},{'role':'user','content':'你好'}]",
                "[{'role':'developer','content':'a'},{'role':'system','content':'b'},"
                        + "{'role':'user','content':'c'}]",
                "[{'role':'user','content':'a'},{'role':'assistant','content':'b'},"
                        + "{'role':'system','content':'c'},{'role':'user','content':'d'}]",
                "[{'role':'user','content':[{'type':'text','text':'你'},"
                        + "{'type':'text','text':'好'}],'name':'me'}]",
                "[{'role':'user','content':'a'},{'role':'assistant','content':null},"
                        + "{'role':'user','content':'b'}]",
                "[{'role':'user','content':'a'},{'role':'assistant','content':'','tool_calls':"
                        + "[{'id':null,'type':'function','function':{'name':'f','arguments':'{}'}}]},"
                        + "{'role':'tool','tool_call_id':null,'content':'5'}]",
                "[{'role':'user','content':'a'},{'role':'assistant','content':'b'}]",
            })
    void conversationsOfAllKindsAreAnswered(String messages) throws Exception {
        var answer = chat("{'messages':" + messages + ",'max_tokens':2}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    @Test
    void partsAndPlainTextAreTheSame() throws Exception {
        String parts = "[{'type':'text','text':'你'},{'type':'text','text':'好'}]";
        assertThat(template("{'role':'user','content':" + parts + "}"))
                .isEqualTo(template("{'role':'user','content':'你好'}"))
                .isEqualTo("<reserved_102>你好<reserved_103>");
    }

    @Test
    void systemTextsStandInFrontOfTheFirstQuestion() throws Exception {
        assertThat(
                        template(
                                "{'role':'system','content':'a'},{'role':'developer','content':'b'},"
                                        + "{'role':'user','content':'c'}"))
                .isEqualTo("a\nb<reserved_102>c<reserved_103>");
    }

    private static String template(String messages) throws Exception {
        return server.post("apply-template", "{'messages':[" + messages + "]}")
                .json()
                .get("prompt")
                .asString();
    }

    @Test
    void tooLongIsSaidInTheWordsThatAgentsLookFor() throws Exception {
        String text = "山外有山。".repeat(500);
        var answer = chat("{'messages':[{'role':'user','content':'" + text + "'}]}");
        assertThat(answer.status()).isEqualTo(400);
        JsonNode error = answer.json().get("error");
        assertThat(error.get("code").asString()).isEqualTo("context_length_exceeded");
        assertThat(error.get("param").asString()).isEqualTo("messages");
        int tokens = error.get("n_prompt_tokens").asInt();
        assertThat(tokens).isGreaterThan(1024);
        assertThat(error.get("n_ctx").asInt()).isEqualTo(1024);
        assertThat(error.get("message").asString())
                .startsWith(
                        "This model's maximum context length is 1024 tokens. However, your messages"
                                + " resulted in "
                                + tokens
                                + " tokens.");
        var cut =
                chat(
                        "{'truncation':'auto','max_tokens':2,'messages':[{'role':'user','content':'"
                                + text
                                + "'}]}");
        assertThat(cut.status()).isEqualTo(200);
        var raw = server.post("v1/completions", "{'prompt':'" + text + "'}");
        assertThat(raw.status()).isEqualTo(400);
        assertThat(raw.json().get("error").get("param").asString()).isEqualTo("prompt");
    }

    @Test
    void moreTokensThanFitAreCutToTheContext() throws Exception {
        var answer = chat("{" + USER + ",'max_tokens':100000,'logit_bias':{'2':-100,'18':-100}}");
        assertThat(answer.status()).isEqualTo(200);
        JsonNode json = answer.json();
        assertThat(json.get("choices").get(0).get("finish_reason").asString()).isEqualTo("length");
        // the last token's keys are never needed
        assertThat(json.get("usage").get("total_tokens").asInt()).isEqualTo(1025);
    }

    @Test
    void tooLargeIsRefusedBeforeItIsRead() throws Exception {
        String large = "x".repeat(10_000_000);
        var answer = chat("{'messages':[{'role':'user','content':'" + large + "'}]}");
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.json().get("error").get("code").asString())
                .isEqualTo("request_too_large");
        assertThat(chat("{" + USER + ",'max_tokens':1}").status()).isEqualTo(200);
    }

    @Test
    void anotherContentTypeIsRefused() throws Exception {
        var answer =
                server.send(
                        server.request("v1/chat/completions")
                                .header("Content-Type", "text/plain")
                                .POST(BodyPublishers.ofString("{}"))
                                .build());
        assertThat(answer.status()).isEqualTo(415);
    }

    @Test
    void anotherMethodIsRefused() throws Exception {
        var answer = server.get("v1/chat/completions");
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("allow")).isEqualTo("POST");
        assertThat(server.post("v1/models", "{}").status()).isEqualTo(405);
    }
}
