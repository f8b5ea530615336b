package chuan.springai;

import chuan.engine.LanguageModel;
import java.util.ArrayList;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;

/// Spring AI's [EmbeddingModel]: the mean of what a chat model makes of a text's tokens, of length
/// one. A model made for embeddings ranks better; this one is there already.
public final class ChuanEmbeddingModel implements EmbeddingModel {
    private final LanguageModel model;

    public ChuanEmbeddingModel(LanguageModel model) {
        this.model = model;
    }

    @Override
    public EmbeddingResponse call(EmbeddingRequest request) {
        var all = new ArrayList<Embedding>();
        for (String text : request.getInstructions())
            all.add(new Embedding(model.embed(text), all.size()));
        return new EmbeddingResponse(all);
    }

    @Override
    public float[] embed(Document document) {
        String text = getEmbeddingContent(document);
        return model.embed(text == null ? "" : text);
    }

    @Override
    public int dimensions() {
        return model.engine().backend().config().hidden();
    }
}
