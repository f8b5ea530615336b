package chuan.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Completions, models, tokens.
class CompletionTest {
    private static final String GREEDY = "'temperature':0,'repetition_penalty':1,";

    @RegisterExtension private static final TestServer server = new TestServer();

    private static TestServer.Answer complete(String fields) throws Exception {
        return server.post("v1/completions", "{" + fields + "}");
    }

    @Test
    void aTextIsContinued() throws Exception {
        JsonNode json = complete(GREEDY + "'prompt':'从前有一座山，','max_tokens':6").json();
        assertThat(json.get("object").asString()).isEqualTo("text_completion");
        assertThat(json.get("id").asString()).startsWith("cmpl-");
        JsonNode choice = json.get("choices").get(0);
        assertThat(choice.propertyNames())
                .containsExactly("text", "index", "logprobs", "finish_reason");
        assertThat(choice.get("logprobs").isNull()).isTrue();
        int tokens = json.get("usage").get("completion_tokens").asInt();
        assertThat(tokens).isBetween(1, 6);
        // the same text by ids, alone in a list, and streamed
        JsonNode ids = server.post("tokenize", "{'content':'从前有一座山，'}").json().get("tokens");
        for (String prompt : new String[] {ids.toString(), "[" + ids + "]", "['从前有一座山，']"})
            assertThat(
                            complete(GREEDY + "'prompt':" + prompt + ",'max_tokens':6")
                                    .json()
                                    .get("choices")
                                    .get(0)
                                    .get("text"))
                    .as(prompt)
                    .isEqualTo(choice.get("text"));
        var stream =
                complete(
                        GREEDY
                                + "'prompt':'从前有一座山，','max_tokens':6,'stream':true,"
                                + "'stream_options':{'include_usage':true}");
        var text = new StringBuilder();
        var events = stream.events();
        JsonNode usage = events.removeLast().get("usage");
        // which tokens were drafted depends on how long steps took
        for (String count : new String[] {"prompt_tokens", "completion_tokens", "total_tokens"})
            assertThat(usage.get(count)).as(count).isEqualTo(json.get("usage").get(count));
        for (JsonNode event : events)
            text.append(event.get("choices").get(0).get("text").asString());
        assertThat(text.toString()).isEqualTo(choice.get("text").asString());
        assertThat(events.getLast().get("choices").get(0).get("finish_reason"))
                .isEqualTo(choice.get("finish_reason"));
    }

    @Test
    void severalPromptsAreAnsweredInOrder() throws Exception {
        JsonNode both = complete(GREEDY + "'prompt':['一','二'],'n':2,'max_tokens':5").json();
        assertThat(both.get("choices").size()).isEqualTo(4);
        for (int i = 0; i < 4; i++) {
            JsonNode alone =
                    complete(GREEDY + "'prompt':'" + (i < 2 ? "一" : "二") + "','max_tokens':5")
                            .json()
                            .get("choices")
                            .get(0);
            assertThat(both.get("choices").get(i).get("index").asInt()).isEqualTo(i);
            assertThat(both.get("choices").get(i).get("text")).isEqualTo(alone.get("text"));
        }
    }

    @Test
    void logprobsAreFourListsOfOneLength() throws Exception {
        JsonNode choice =
                complete(GREEDY + "'prompt':'床前明月光，','max_tokens':8,'logprobs':2")
                        .json()
                        .get("choices")
                        .get(0);
        JsonNode logprobs = choice.get("logprobs");
        int count = logprobs.get("tokens").size();
        assertThat(logprobs.get("token_logprobs").size()).isEqualTo(count);
        assertThat(logprobs.get("top_logprobs").size()).isEqualTo(count);
        assertThat(logprobs.get("text_offset").size()).isEqualTo(count);
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            assertThat(logprobs.get("text_offset").get(i).asInt())
                    .isEqualTo(text.codePointCount(0, text.length()));
            text.append(logprobs.get("tokens").get(i).asString());
        }
        assertThat(text.toString()).isEqualTo(choice.get("text").asString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'max_tokens':1 | prompt",
                "'prompt':5 | prompt",
                "'prompt':[] | prompt",
                "'prompt':'' | prompt",
                "'prompt':['a',5] | prompt[1]",
                "'prompt':[1,99999999] | prompt[1]",
                "'prompt':[1,-1] | prompt[1]",
                "'prompt':'a','logprob_token_ids':[1] | logprob_token_ids",
                "'prompt':'a','logprobs':0,'logprob_token_ids':[1,99999999] | logprob_token_ids[1]",
                "'prompt':'a','echo':true | echo",
                "'prompt':'a','suffix':'b' | suffix",
                "'prompt':'a','best_of':3 | best_of",
                "'prompt':'a','logprobs':true | logprobs",
                "'prompt':'a','logprobs':99 | logprobs",
            })
    void whatIsWrongIsNamed(String fields, String param) throws Exception {
        var answer = complete(fields);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.json().get("error").get("param").asString()).isEqualTo(param);
    }

    @Test
    void modelsAreListedAndDescribed() throws Exception {
        for (String path : new String[] {"v1/models", "v1/models/", "models"}) {
            JsonNode list = server.get(path).json();
            assertThat(list.get("object").asString()).isEqualTo("list");
            var ids = new ArrayList<String>();
            list.get("data").forEach(m -> ids.add(m.get("id").asString()));
            assertThat(ids).containsExactly("chuan-10m-chat", "gpt-3.5-turbo");
            assertThat(list.get("data").get(0).get("created").isIntegralNumber()).isTrue();
        }
        JsonNode one = server.get("v1/models/chuan-10m-chat").json();
        assertThat(one.get("object").asString()).isEqualTo("model");
        assertThat(one.get("max_model_len").asInt()).isEqualTo(1024);
        assertThat(server.get("v1/models/other").status()).isEqualTo(404);
    }

    @Test
    void textsAreTokenizedAndBack() throws Exception {
        String text = "你好，😀 a  b";
        JsonNode tokens = server.post("tokenize", "{'content':'" + text + "'}").json();
        assertThat(tokens.get("count").asInt()).isEqualTo(tokens.get("tokens").size());
        assertThat(
                        server.post("detokenize", "{'tokens':" + tokens.get("tokens") + "}")
                                .json()
                                .get("content")
                                .asString())
                .isEqualTo(text);
        var bytes = new java.io.ByteArrayOutputStream();
        for (JsonNode token :
                server.post("tokenize", "{'prompt':'" + text + "','with_pieces':true}")
                        .json()
                        .get("tokens")) {
            JsonNode piece = token.get("piece");
            if (piece.isString())
                bytes.writeBytes(piece.stringValue().getBytes(StandardCharsets.UTF_8));
            else piece.forEach(b -> bytes.write(b.asInt()));
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(" " + text);
        assertThat(server.post("detokenize", "{'tokens':[99999999]}").status()).isEqualTo(400);
        assertThat(server.post("tokenize", "{}").status()).isEqualTo(400);
    }

    @Test
    void aConversationIsTokenizedAsItIsAnswered() throws Exception {
        String messages = "'messages':[{'role':'user','content':'你好'}]";
        JsonNode ids = server.post("tokenize", "{" + messages + "}").json().get("tokens");
        assertThat(server.post("apply-template", "{" + messages + "}").json().get("tokens"))
                .isEqualTo(ids);
        JsonNode usage =
                server.post("v1/chat/completions", "{" + messages + ",'max_tokens':1}")
                        .json()
                        .get("usage");
        assertThat(usage.get("prompt_tokens").asInt()).isEqualTo(ids.size());
    }
}
