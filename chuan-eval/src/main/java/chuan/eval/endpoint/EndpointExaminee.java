package chuan.eval.endpoint;

import chuan.engine.Cancellation;
import chuan.eval.Ask;
import chuan.eval.ExaminationException;
import chuan.eval.Examinee;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;

/// A model behind an address that speaks the API of OpenAI. Several questions are asked at a time;
/// what fails for a while is asked again. A question that cannot be answered is a [Reply.Failure],
/// counted and asked again when the examination goes on; an endpoint that refuses as such ends it
/// with an [ExaminationException].
///
/// Whatever is deterministic at the other end is so here, in whatever order answers come.
public final class EndpointExaminee implements Examinee {
    private static final double MILLION = 1e6;

    private final EndpointOptions options;
    private final Transport transport;
    private final Abilities abilities;
    private final Asking asking;

    private EndpointExaminee(EndpointOptions options, Transport transport, Abilities abilities) {
        this.options = options;
        this.transport = transport;
        this.abilities = abilities;
        asking = new Asking(transport, abilities);
    }

    /// Finds out what the endpoint offers.
    ///
    /// @throws ExaminationException if it does not answer, or refuses the key or the model
    public static EndpointExaminee open(EndpointOptions options) {
        var transport = new Transport(options);
        try {
            return new EndpointExaminee(options, transport, Abilities.explore(transport, options));
        } catch (InterruptedException _) {
            transport.close();
            Thread.currentThread().interrupt();
            throw new CancellationException();
        } catch (RuntimeException e) {
            transport.close();
            throw e;
        }
    }

    @Override
    public Map<String, Object> facts() {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("endpoint", options.base().toString());
        facts.putAll(abilities.facts());
        long in = asking.promptTokens();
        long out = asking.writtenTokens();
        facts.put(OF_RUN + "concurrency", options.concurrency());
        facts.put(OF_RUN + "requests", transport.requests());
        facts.put(OF_RUN + "requests_repeated", transport.repeated());
        facts.put(OF_RUN + "prompt_tokens", in);
        facts.put(OF_RUN + "written_tokens", out);
        if (options.priceIn().isPresent() || options.priceOut().isPresent())
            facts.put(
                    OF_RUN + "cost",
                    (in * options.priceIn().orElse(0) + out * options.priceOut().orElse(0))
                            / MILLION);
        return facts;
    }

    @Override
    public OptionalInt context() {
        return abilities.context();
    }

    @Override
    public int countTokens(String text) {
        if (!abilities.tokenizing().available())
            throw new UnsupportedOperationException(
                    options.base() + " has no /tokenize to count tokens with");
        try {
            return abilities.tokenizing().count(text);
        } catch (GaveUpException e) {
            throw new ExaminationException(options.base() + ": " + e.reason());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new CancellationException();
        }
    }

    @Override
    public void answer(List<Ask> asks, Listener listener, Cancellation cancellation) {
        new Round(asking, asks, listener, options.concurrency()).run(cancellation);
    }

    @Override
    public void close() {
        transport.close();
    }
}
