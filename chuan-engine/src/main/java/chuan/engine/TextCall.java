package chuan.engine;

import chuan.engine.constrain.Constraints;
import chuan.engine.tools.AnswerReader;
import java.util.Set;

/// A text that the model is to continue.
public final class TextCall extends Call<TextCall, GenerateResult> {
    private final int[] prompt;

    TextCall(LanguageModel model, CallSettings settings, int[] prompt) {
        super(model, settings);
        this.prompt = prompt.clone();
    }

    @Override
    TextCall with(CallSettings changed) {
        return new TextCall(model, changed, prompt);
    }

    @Override
    Constraints grammars() {
        return model.constraints().continuing();
    }

    @Override
    Prepared<GenerateResult> prepare() {
        var request =
                new GenerateRequest(
                        prompt,
                        true,
                        settings.maxTokens(),
                        settings.stop(),
                        Set.copyOf(model.settings().eosIds()),
                        settings.sampling(),
                        settings.logprobs(),
                        settings.constraint());
        return new Prepared<>(request, AnswerReader.ofText(), result -> result);
    }
}
