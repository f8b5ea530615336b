package chuan.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.TestServer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/// Chat completions, byte by byte as clients parse them.
class ChatTest {
    private static final String GREEDY = "'temperature':0,'repetition_penalty':1,";

    @RegisterExtension private static final TestServer server = new TestServer();

    private static TestServer.Answer chat(String fields) throws Exception {
        return server.post(
                "v1/chat/completions",
                "{'messages':[{'role':'user','content':'你好，介绍一下你自己'}]," + fields + "}");
    }

    private static List<String> names(JsonNode object) {
        return List.copyOf(object.propertyNames());
    }

    @Test
    void anObjectHasAllThatStrictClientsRead() throws Exception {
        var answer = chat(GREEDY + "'max_tokens':5,'model':'chuan-10m-chat'");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        JsonNode json = answer.json();
        assertThat(json.get("id").asString()).startsWith("chatcmpl-");
        assertThat(json.get("object").asString()).isEqualTo("chat.completion");
        assertThat(json.get("created").isIntegralNumber()).isTrue();
        assertThat(json.get("model").asString()).isEqualTo("chuan-10m-chat");
        assertThat(json.get("system_fingerprint").asString()).isEqualTo("fp_test");
        JsonNode choice = json.get("choices").get(0);
        assertThat(choice.get("index").asInt()).isZero();
        assertThat(choice.get("finish_reason").asString()).isEqualTo("length");
        assertThat(choice.get("logprobs").isNull()).isTrue();
        assertThat(names(choice.get("message"))).containsExactly("role", "content", "refusal");
        assertThat(choice.get("message").get("role").asString()).isEqualTo("assistant");
        assertThat(choice.get("message").get("refusal").isNull()).isTrue();
        JsonNode usage = json.get("usage");
        assertThat(usage.get("completion_tokens").asInt()).isEqualTo(5);
        assertThat(usage.get("total_tokens").asInt())
                .isEqualTo(usage.get("prompt_tokens").asInt() + 5);
        assertThat(usage.get("prompt_tokens_details").get("cached_tokens").isInt()).isTrue();
    }

    @Test
    void streamAndObjectSayTheSame() throws Exception {
        for (String sampling : List.of(GREEDY, "'seed':7,'temperature':1,")) {
            var whole = chat(sampling + "'max_tokens':40").json();
            var stream = chat(sampling + "'max_tokens':40,'stream':true");
            assertThat(content(stream, 0))
                    .isEqualTo(
                            whole.get("choices").get(0).get("message").get("content").asString());
            assertThat(finish(stream, 0))
                    .isEqualTo(whole.get("choices").get(0).get("finish_reason").asString());
        }
    }

    private static String content(TestServer.Answer stream, int choice) {
        var text = new StringBuilder();
        for (JsonNode event : stream.events())
            for (JsonNode c : event.get("choices"))
                if (c.get("index").asInt() == choice && c.get("delta").has("content"))
                    text.append(c.get("delta").get("content").asString());
        return text.toString();
    }

    private static String finish(TestServer.Answer stream, int choice) {
        for (JsonNode event : stream.events())
            for (JsonNode c : event.get("choices"))
                if (c.get("index").asInt() == choice && !c.get("finish_reason").isNull())
                    return c.get("finish_reason").asString();
        return "none";
    }

    @Test
    void aStreamHasTheOrderThatClientsExpect() throws Exception {
        var stream = chat(GREEDY + "'max_tokens':4,'stream':true");
        assertThat(stream.header("content-type")).isEqualTo("text/event-stream");
        assertThat(stream.header("cache-control")).isEqualTo("no-cache");
        assertThat(stream.header("x-accel-buffering")).isEqualTo("no");
        var events = stream.events();
        JsonNode first = events.getFirst().get("choices").get(0);
        assertThat(first.get("delta").toString())
                .isEqualTo("{\"role\":\"assistant\",\"content\":\"\"}");
        for (int i = 0; i < events.size(); i++) {
            JsonNode event = events.get(i);
            assertThat(event.get("id")).isEqualTo(events.getFirst().get("id"));
            assertThat(event.get("created")).isEqualTo(events.getFirst().get("created"));
            assertThat(event.get("object").asString()).isEqualTo("chat.completion.chunk");
            assertThat(event.has("usage")).as("usage unasked").isFalse();
            JsonNode choice = event.get("choices").get(0);
            assertThat(names(choice))
                    .containsExactly("index", "delta", "logprobs", "finish_reason");
            boolean last = i == events.size() - 1;
            assertThat(choice.get("finish_reason").isNull()).isEqualTo(!last);
            if (i > 0 && !last) assertThat(names(choice.get("delta"))).containsExactly("content");
            if (last) assertThat(choice.get("delta").isEmpty()).isTrue();
        }
    }

    @Test
    void usageIsTheLastEventIfAskedForAndNullBefore() throws Exception {
        var events =
                chat(GREEDY
                                + "'max_tokens':4,'stream' : true,"
                                + "'stream_options':{'include_usage':true}")
                        .events();
        JsonNode last = events.removeLast();
        assertThat(last.get("choices").isEmpty()).isTrue();
        assertThat(last.get("usage").get("completion_tokens").asInt()).isEqualTo(4);
        for (JsonNode event : events) assertThat(event.get("usage").isNull()).isTrue();
    }

    @Test
    void oneTokenMeansOneToken() throws Exception {
        JsonNode json = chat("'max_tokens':1").json();
        assertThat(json.get("usage").get("completion_tokens").asInt()).isEqualTo(1);
        assertThat(json.get("choices").get(0).get("finish_reason").asString()).isEqualTo("length");
    }

    @Test
    void maxCompletionTokensWins() throws Exception {
        JsonNode json = chat("'max_tokens':9,'max_completion_tokens':2").json();
        assertThat(json.get("usage").get("completion_tokens").asInt()).isEqualTo(2);
    }

    @Test
    void severalAnswersDiffer() throws Exception {
        String fields = "'n':3,'seed':1,'temperature':2,'top_k':0,'top_p':1,'max_tokens':12";
        JsonNode json = chat(fields).json();
        assertThat(json.get("choices").size()).isEqualTo(3);
        var texts = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            JsonNode choice = json.get("choices").get(i);
            assertThat(choice.get("index").asInt()).isEqualTo(i);
            texts.add(choice.get("message").get("content").asString());
        }
        assertThat(texts).doesNotHaveDuplicates();
        int sum = json.get("usage").get("completion_tokens").asInt();
        assertThat(sum).isBetween(3, 36);
        var stream = chat(fields + ",'stream':true");
        for (int i = 0; i < 3; i++) assertThat(content(stream, i)).isEqualTo(texts.get(i));
    }

    @Test
    void bytesOfTheTokensAreTheText() throws Exception {
        String fields = GREEDY + "'logprobs':true,'top_logprobs':3,'max_tokens':30";
        JsonNode choice = chat(fields).json().get("choices").get(0);
        checkLogprobs(
                choice.get("logprobs").get("content"),
                choice.get("message").get("content").asString());
        var stream = chat(fields + ",'stream':true");
        var streamed = new ArrayList<JsonNode>();
        for (JsonNode event : stream.events())
            for (JsonNode c : event.get("choices"))
                if (!c.get("logprobs").isNull())
                    c.get("logprobs").get("content").forEach(streamed::add);
        assertThat(streamed).hasSize(choice.get("logprobs").get("content").size());
        for (int i = 0; i < streamed.size(); i++)
            assertThat(streamed.get(i)).isEqualTo(choice.get("logprobs").get("content").get(i));
    }

    private static void checkLogprobs(JsonNode content, String text) {
        var bytes = new ByteArrayOutputStream();
        for (JsonNode token : content) {
            var own = new ByteArrayOutputStream();
            for (JsonNode b : token.get("bytes")) own.write(b.asInt());
            assertThat(token.get("token").asString())
                    .isEqualTo(own.toString(StandardCharsets.UTF_8));
            bytes.writeBytes(own.toByteArray());
            assertThat(token.get("logprob").asDouble()).isLessThanOrEqualTo(0);
            assertThat(token.get("top_logprobs").size()).isEqualTo(3);
            // greedy: the chosen one is the best
            assertThat(token.get("top_logprobs").get(0).get("id")).isEqualTo(token.get("id"));
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(text);
    }

    /// The tokens asked for, in their order, with what is reported of them anyway.
    @Test
    void tokensMayBeNamedWhoseLogprobsAreReported() throws Exception {
        String fields = GREEDY + "'max_tokens':1,'logprobs':true,";
        JsonNode best = topOfFirst(fields + "'top_logprobs':20");
        JsonNode named =
                topOfFirst(
                        fields
                                + "'logprob_token_ids':["
                                + best.get(19).get("id").asInt()
                                + ","
                                + best.get(3).get("id").asInt()
                                + "]");
        assertThat(named.size()).isEqualTo(2);
        assertThat(named.get(0)).isEqualTo(best.get(19));
        assertThat(named.get(1)).isEqualTo(best.get(3));
    }

    private static JsonNode topOfFirst(String fields) throws Exception {
        var choice = chat(fields).json().get("choices").get(0);
        return choice.get("logprobs").get("content").get(0).get("top_logprobs");
    }

    @Test
    void logprobsWithoutAlternativesHaveAnEmptyList() throws Exception {
        JsonNode content =
                chat("'logprobs':true,'max_tokens':2")
                        .json()
                        .get("choices")
                        .get(0)
                        .get("logprobs")
                        .get("content");
        assertThat(content.get(0).get("top_logprobs").isEmpty()).isTrue();
    }

    @Test
    void aStopStringEndsTheAnswerAndIsNotInIt() throws Exception {
        String all =
                chat(GREEDY + "'max_tokens':30")
                        .json()
                        .get("choices")
                        .get(0)
                        .get("message")
                        .get("content")
                        .asString();
        assertThat(all.length()).isGreaterThan(6);
        String stop = all.substring(4, 6);
        int at = all.indexOf(stop);
        for (String form : List.of("'" + stop + "'", "['@@','" + stop + "']")) {
            var stream = chat(GREEDY + "'max_tokens':30,'stream':true,'stop':" + form);
            assertThat(content(stream, 0)).isEqualTo(all.substring(0, at));
            assertThat(finish(stream, 0)).isEqualTo("stop");
        }
    }

    @Test
    void aBannedTokenDoesNotAppear() throws Exception {
        JsonNode first =
                chat(GREEDY + "'max_tokens':1,'logprobs':true")
                        .json()
                        .get("choices")
                        .get(0)
                        .get("logprobs")
                        .get("content")
                        .get(0);
        int id = first.get("id").asInt();
        JsonNode other =
                chat(GREEDY + "'max_tokens':1,'logprobs':true,'logit_bias':{'" + id + "':-100}")
                        .json()
                        .get("choices")
                        .get(0)
                        .get("logprobs")
                        .get("content")
                        .get(0);
        assertThat(other.get("id").asInt()).isNotEqualTo(id);
    }

    @Test
    void anAnswerIsContinuedByIdsAndByText() throws Exception {
        JsonNode whole = chat(GREEDY + "'max_tokens':20,'logprobs':true").json();
        JsonNode choice = whole.get("choices").get(0);
        String text = choice.get("message").get("content").asString();
        var ids = new ArrayList<Integer>();
        var bytes = new ByteArrayOutputStream();
        for (int i = 0; i < 7; i++) {
            JsonNode token = choice.get("logprobs").get("content").get(i);
            ids.add(token.get("id").asInt());
            for (JsonNode b : token.get("bytes")) bytes.write(b.asInt());
        }
        String begun = bytes.toString(StandardCharsets.UTF_8);
        JsonNode rest = chat(GREEDY + "'max_tokens':13,'x-chuan-prefix-ids':" + ids).json();
        assertThat(begun + rest.get("choices").get(0).get("message").get("content").asString())
                .isEqualTo(text);
        var answer =
                server.post(
                        "v1/chat/completions",
                        "{'messages':[{'role':'user','content':'你好'},"
                                + "{'role':'assistant','content':'我是'}],"
                                + "'continue_final_message':true,'max_tokens':3}");
        assertThat(answer.status()).isEqualTo(200);
    }

    @Test
    void timingsAreThoseOfLlamaCpp() throws Exception {
        JsonNode timings = chat("'max_tokens':3").json().get("timings");
        assertThat(names(timings))
                .contains(
                        "cache_n", "prompt_n", "prompt_ms", "predicted_n", "predicted_per_second");
        assertThat(timings.get("predicted_n").asInt()).isEqualTo(3);
    }

    @Test
    void progressIsToldIfAskedFor() throws Exception {
        String longText = "山外有山，天外有天。7 ".repeat(60); // more than one step
        var events =
                server.post(
                                "v1/chat/completions",
                                "{'messages':[{'role':'user','content':'"
                                        + longText
                                        + "'}],'max_tokens':2,'stream':true,"
                                        + "'return_progress':true}")
                        .events();
        var progress = events.stream().filter(e -> e.has("prompt_progress")).toList();
        assertThat(progress).isNotEmpty();
        JsonNode last = progress.getLast().get("prompt_progress");
        assertThat(last.get("processed").asInt()).isBetween(1, last.get("total").asInt());
    }
}
