package chuan.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.TestServer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class EmbeddingTest {
    @RegisterExtension private static final TestServer server = new TestServer();

    @Test
    void base64IsTheFloatsLowestByteFirst() throws Exception {
        String text = "'input':['你好，世界']";
        var floats = server.post("v1/embeddings", "{" + text + "}").json();
        var packed =
                server.post("v1/embeddings", "{" + text + ",'encoding_format':'base64'}").json();
        var vector = floats.get("data").get(0).get("embedding");
        var buffer =
                ByteBuffer.wrap(
                                Base64.getDecoder()
                                        .decode(
                                                packed.get("data")
                                                        .get(0)
                                                        .get("embedding")
                                                        .asString()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        assertThat(buffer.remaining()).isEqualTo(4 * vector.size());
        for (var value : vector) assertThat(buffer.getFloat()).isEqualTo(value.floatValue());
    }

    @Test
    void textsAndIdsAndListsOfThemMeanTheSame() throws Exception {
        var ids = server.post("tokenize", "{'content':'你好'}").json().get("tokens");
        var text = server.post("v1/embeddings", "{'input':'你好'}").json();
        var list = server.post("v1/embeddings", "{'input':['world','你好']}").json();
        var numbers = server.post("v1/embeddings", "{'input':" + ids + "}").json();
        var lists = server.post("v1/embeddings", "{'input':[" + ids + "]}").json();
        var expected = text.get("data").get(0).get("embedding");
        assertThat(list.get("data").get(1).get("embedding")).isEqualTo(expected);
        assertThat(list.get("data").get(1).get("index").asInt()).isEqualTo(1);
        assertThat(numbers.get("data").get(0).get("embedding")).isEqualTo(expected);
        assertThat(lists.get("data").get(0).get("embedding")).isEqualTo(expected);
        assertThat(text.get("usage").get("total_tokens").asInt()).isEqualTo(ids.size());
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        String[][] wrong = {
            {"{}", "input"},
            {"{'input':''}", "input"},
            {"{'input':[]}", "input"},
            {"{'input':['a','']}", "input[1]"},
            {"{'input':[99999]}", "input[0]"},
            {"{'input':[-1]}", "input[0]"},
            {"{'input':{'a':1}}", "input"},
            {"{'input':'a','encoding_format':'hex'}", "encoding_format"},
            {"{'input':'a','dimensions':7}", "dimensions"},
            {"{'input':'" + "多".repeat(20_000) + "'}", "input"},
        };
        for (String[] each : wrong) {
            var answer = server.post("v1/embeddings", each[0]);
            assertThat(answer.status()).as(each[0]).isEqualTo(400);
            assertThat(answer.json().get("error").get("param").asString()).isEqualTo(each[1]);
        }
    }
}
