package chuan.server.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.Json;
import chuan.server.TestServer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

class OllamaTest {
    @RegisterExtension private static final TestServer server = new TestServer();

    private static final String CHAT =
            "{'model':'chuan-10m-chat:latest','messages':[{'role':'user','content':'你好'}],"
                    + "'options':{'temperature':0,'num_predict':12}";

    private static List<JsonNode> lines(TestServer.Answer answer) {
        assertThat(answer.header("Content-Type")).isEqualTo("application/x-ndjson");
        var lines = new ArrayList<JsonNode>();
        answer.text()
                .lines()
                .forEach(l -> lines.add(Json.parse(l.getBytes(StandardCharsets.UTF_8))));
        return lines;
    }

    @Test
    void chatStreamsUnlessToldOtherwiseAndSaysWhatOpenAisApiSays() throws Exception {
        var lines = lines(server.post("api/chat", CHAT + "}"));
        var text = new StringBuilder();
        for (var line : lines) {
            text.append(line.get("message").get("content").asString());
            assertThat(line.get("message").get("role").asString()).isEqualTo("assistant");
            Instant.parse(line.get("created_at").asString());
        }
        var last = lines.getLast();
        assertThat(lines.subList(0, lines.size() - 1)).noneMatch(l -> l.get("done").asBoolean());
        assertThat(last.get("done").asBoolean()).isTrue();
        assertThat(last.get("done_reason").asString()).isIn("stop", "length");
        assertThat(last.get("eval_count").asInt()).isBetween(1, 12);
        assertThat(last.get("total_duration").asLong())
                .isGreaterThan(last.get("eval_duration").asLong());

        var whole = server.post("api/chat", CHAT + ",'stream':false}").json();
        assertThat(whole.get("message").get("content").asString()).isEqualTo(text.toString());
        var openAi =
                server.post(
                                "v1/chat/completions",
                                "{'messages':[{'role':'user','content':'你好'}],'temperature':0,'max_tokens':12}")
                        .json();
        assertThat(openAi.get("choices").get(0).get("message").get("content").asString())
                .isEqualTo(text.toString())
                .isNotEmpty();
        assertThat(whole.get("prompt_eval_count").asInt())
                .isEqualTo(openAi.get("usage").get("prompt_tokens").asInt());
    }

    @Test
    void generateTakesUpItsContext() throws Exception {
        String body =
                "{'model':'chuan-10m-chat','stream':false,'options':{'temperature':0,'num_predict':6},";
        var first = server.post("api/generate", body + "'prompt':'你好'}").json();
        assertThat(first.get("response").asString()).isNotEmpty();
        int ids = first.get("context").size();
        assertThat(ids)
                .isEqualTo(
                        first.get("prompt_eval_count").asInt() + first.get("eval_count").asInt());
        var second =
                server.post(
                                "api/generate",
                                body + "'prompt':'再见','context':" + first.get("context") + "}")
                        .json();
        assertThat(second.get("prompt_eval_count").asInt()).isGreaterThan(ids);
    }

    @Test
    void rawHasNoChatFormat() throws Exception {
        String body =
                "'model':'chuan-10m-chat','stream':false,'prompt':'从前','options':{'num_predict':2}";
        var raw = server.post("api/generate", "{" + body + ",'raw':true}").json();
        var formatted = server.post("api/generate", "{" + body + "}").json();
        assertThat(raw.get("prompt_eval_count").asInt())
                .isEqualTo(server.post("tokenize", "{'content':'从前'}").json().get("count").asInt())
                .isLessThan(formatted.get("prompt_eval_count").asInt());
    }

    @Test
    void nothingToAnswerLoadsTheModel() throws Exception {
        for (String path : new String[] {"api/chat", "api/generate"}) {
            var loaded = server.post(path, "{'model':'chuan-10m-chat','keep_alive':-1}").json();
            assertThat(loaded.get("done_reason").asString()).isEqualTo("load");
        }
    }

    @Test
    void embeddingsAreOfLengthOneAndThoseOfOpenAisApi() throws Exception {
        var two =
                server.post("api/embed", "{'model':'chuan-10m-chat','input':['你好','world']}")
                        .json();
        assertThat(two.get("embeddings").size()).isEqualTo(2);
        double squares = 0;
        for (var x : two.get("embeddings").get(0)) squares += x.asDouble() * x.asDouble();
        assertThat(squares).isBetween(0.9999, 1.0001);
        var old = server.post("api/embeddings", "{'model':'chuan-10m-chat','prompt':'你好'}").json();
        assertThat(old.get("embedding")).isEqualTo(two.get("embeddings").get(0));
    }

    @Test
    void errorsAreText() throws Exception {
        var missing = server.post("api/chat", "{'messages':[]}");
        assertThat(missing.status()).isEqualTo(400);
        assertThat(missing.json().get("error").asString()).contains("model");
        var other = server.post("api/chat", "{'model':'llama3','messages':[]}");
        assertThat(other.status()).isEqualTo(404);
        var image =
                server.post(
                        "api/chat",
                        "{'model':'chuan-10m-chat','messages':[{'role':'user','content':'?','images':['aGk=']}]}");
        assertThat(image.status()).isEqualTo(400);
        assertThat(image.json().get("error").asString()).contains("messages[0].images");
        var hot =
                server.post(
                        "api/chat", CHAT.replace("'temperature':0", "'temperature':'hot'") + "}");
        assertThat(hot.status()).isEqualTo(400);
        assertThat(hot.json().get("error").asString()).contains("temperature");
    }

    @Test
    void whatClientsAskFirst() throws Exception {
        assertThat(server.get("").text()).isEqualTo("Ollama is running");
        var page = server.send(server.request("").header("Accept", "text/html,*/*").build());
        assertThat(page.text()).startsWith("<!doctype html>");
        assertThat(server.send(server.request("").HEAD().build()).status()).isEqualTo(200);
        assertThat(server.get("api/version").json().get("version").asString())
                .matches("\\d+\\.\\d+\\.\\d+");
        for (String path : new String[] {"api/tags", "api/ps"}) {
            var model = server.get(path).json().get("models").get(0);
            assertThat(model.get("name").asString()).isEqualTo("chuan-10m-chat:latest");
            assertThat(model.get("digest").asString()).matches("[0-9a-f]{64}");
            assertThat(model.get("details").get("parameter_size").asString()).endsWith("M");
        }
        var shown = server.post("api/show", "{'name':'gpt-3.5-turbo'}").json();
        assertThat(shown.get("model_info").get("baichuan.context_length").asInt()).isPositive();
        assertThat(shown.get("capabilities").valueStream().map(JsonNode::asString))
                .contains("completion", "embedding");
    }

    /// As in Ollama's documentation: curl -d, which calls everything a form. A page may not.
    @Test
    void curlNeedNotSayThatItSendsJson() throws Exception {
        String body = (CHAT + ",'stream':false}").replace('\'', '"');
        var request =
                server.request("api/chat")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(body));
        assertThat(server.send(request.copy().build()).status()).isEqualTo(200);
        assertThat(server.send(request.header("Sec-Fetch-Site", "cross-site").build()).status())
                .isEqualTo(415);
    }
}
