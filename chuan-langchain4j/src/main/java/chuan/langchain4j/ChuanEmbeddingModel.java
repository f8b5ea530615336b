package chuan.langchain4j;

import chuan.engine.LanguageModel;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;

/// LangChain4j's [EmbeddingModel]: the mean of what a chat model makes of a text's tokens, of
/// length one. A model made for embeddings ranks better; this one is there already.
public final class ChuanEmbeddingModel implements EmbeddingModel {
    private final LanguageModel model;

    public ChuanEmbeddingModel(LanguageModel model) {
        this.model = model;
    }

    @Override
    public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
        try {
            var all = new ArrayList<Embedding>();
            int tokens = 0;
            for (var segment : segments) {
                int[] ids = model.tokenizer().encode(segment.text());
                tokens = Math.addExact(tokens, ids.length);
                all.add(Embedding.from(model.embed(ids)));
            }
            return Response.from(all, new TokenUsage(tokens, 0));
        } catch (RuntimeException e) {
            throw Failures.of(e);
        }
    }

    @Override
    public int dimension() {
        return model.engine().backend().config().hidden();
    }
}
