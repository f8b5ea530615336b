package chuan.eval.endpoint;

import chuan.eval.Ask;
import chuan.eval.ExaminationException;
import chuan.eval.Prompt;
import chuan.eval.Reply;
import chuan.eval.extract.StrictLetter;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.LongAdder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Asks an endpoint one question and understands the reply. Thread-safe.
final class Asking {
    /// Room for an answer that is to be a letter: enough for every strict form, and for prose to be
    /// seen as such.
    private static final int LETTER_ROOM = 32;

    private final Transport transport;
    private final Abilities abilities;
    private final LongAdder promptTokens = new LongAdder();
    private final LongAdder writtenTokens = new LongAdder();

    Asking(Transport transport, Abilities abilities) {
        this.transport = transport;
        this.abilities = abilities;
    }

    /// That were paid for, in replies that came.
    long promptTokens() {
        return promptTokens.sum();
    }

    long writtenTokens() {
        return writtenTokens.sum();
    }

    /// @throws ExaminationException if the endpoint refuses, not because of this question
    Reply answer(Ask ask) throws InterruptedException {
        try {
            return switch (ask) {
                case Ask.Letters letters -> letters(letters);
                case Ask.Likelihood likelihood -> likelihood(likelihood);
                case Ask.Writing writing -> writing(writing);
            };
        } catch (GaveUpException e) {
            return new Reply.Failure(e.reason());
        } catch (NotThisOneException e) {
            return new Reply.Failure(e.reason);
        }
    }

    /// The endpoint refuses one question and would answer others.
    private static final class NotThisOneException extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String reason;

        NotThisOneException(String reason) {
            super(reason);
            this.reason = reason;
        }
    }

    private JsonNode choice(Route route, ObjectNode request)
            throws GaveUpException, InterruptedException {
        var answer = transport.post(route.path(), request);
        if (!answer.ok()) {
            String codes = answer.codes();
            if (codes.contains("context_length_exceeded") || codes.contains("content_filter"))
                throw new NotThisOneException(transport.hidden(answer.message()));
            throw transport.refused(answer);
        }
        var usage = answer.body().path("usage");
        promptTokens.add(usage.path("prompt_tokens").asLong(0));
        writtenTokens.add(usage.path("completion_tokens").asLong(0));
        var choice = answer.body().path("choices").path(0);
        if (!choice.isObject())
            throw new NotThisOneException(
                    "an answer without choices, " + transport.hidden(answer.message()));
        return ((ObjectNode) choice).set("usage", usage);
    }

    private static int promptTokens(JsonNode choice) {
        return choice.path("usage").path("prompt_tokens").asInt(0);
    }

    private Reply letters(Ask.Letters ask) throws GaveUpException, InterruptedException {
        var route = abilities.route(ask.prompt());
        if (route.letters() == LetterSource.WRITTEN)
            return abilities.echo() && ask.prompt() instanceof Prompt.Text(String context)
                    ? echoed(route, ask, context)
                    : written(route, ask);
        var ids = Route.ids(abilities.tokenizing(), ask.letters(), ask.tokens());
        boolean all = ids.stream().allMatch(OptionalInt::isPresent);
        var source =
                route.letters() == LetterSource.BY_ID && !all
                        ? LetterSource.TOP_20
                        : route.letters();
        var request = route.dialect().oneToken(ask.prompt());
        source.ask(request, ids.stream().mapToInt(id -> id.orElse(0)).toArray());
        var choice = choice(route, request);
        var found = LetterSource.scores(choice, ask.letters(), ask.tokens(), all ? ids : List.of());
        if (abilities.echo() && ask.prompt() instanceof Prompt.Text(String context))
            askForMissing(route, ask.letters(), context, found);
        return new Reply.Letters(found.scores(), promptTokens(choice));
    }

    private Reply echoed(Route route, Ask.Letters ask, String context)
            throws GaveUpException, InterruptedException {
        var scores = new double[ask.letters().size()];
        Arrays.fill(scores, Double.NEGATIVE_INFINITY);
        int tokens =
                askForMissing(
                        route,
                        ask.letters(),
                        context,
                        new LetterSource.Scores(ask.tokens(), scores));
        return new Reply.Letters(scores, tokens);
    }

    /// Letters that were not reported are written behind the prompt and asked for as a given text.
    ///
    /// @return tokens of the prompt with a letter, less that letter; 0 if nothing was missing
    private int askForMissing(
            Route route, List<String> letters, String context, LetterSource.Scores found)
            throws GaveUpException, InterruptedException {
        double[] scores = found.scores();
        int prompt = 0;
        for (int i = 0; i < scores.length; i++) {
            if (scores[i] > Double.NEGATIVE_INFINITY) continue;
            String text = context + LetterSource.spelled(letters.get(i), found.form());
            var choice = choice(route, Echo.request(route.dialect(), text));
            var score = Echo.score(choice, text, context.length());
            if (score.tokens() > 0) scores[i] = score.sum();
            prompt = Math.max(0, promptTokens(choice) - score.tokens());
        }
        return prompt;
    }

    /// A text goes on behind the answer, so its first line counts; all of a message counts.
    private Reply written(Route route, Ask.Letters ask)
            throws GaveUpException, InterruptedException {
        var choice =
                choice(route, route.dialect().request(ask.prompt(), LETTER_ROOM, 0, 0, List.of()));
        String text = text(choice).strip();
        int line = text.indexOf('\n');
        boolean first = ask.prompt() instanceof Prompt.Text && line >= 0;
        boolean whole = first || !cut(choice);
        var found =
                whole
                        ? new StrictLetter(ask.letters().size(), List.of())
                                .read(first ? text.substring(0, line) : text)
                        : List.<String>of();
        var scores = new double[ask.letters().size()];
        Arrays.fill(scores, Double.NEGATIVE_INFINITY);
        for (String letter : found) {
            int at = ask.letters().indexOf(letter);
            if (at >= 0) scores[at] = 0;
        }
        return new Reply.Letters(scores, promptTokens(choice), text);
    }

    private Reply likelihood(Ask.Likelihood ask) throws GaveUpException, InterruptedException {
        if (!abilities.echo() || !(ask.prompt() instanceof Prompt.Text(String context)))
            throw new ExaminationException(
                    "the endpoint does not report how likely a given text is (no echo with"
                            + " logprobs in /completions): choose a protocol that asks for letters"
                            + " or for written answers");
        var route = abilities.route(ask.prompt());
        int count = ask.continuations().size();
        var sums = new double[count];
        var tokens = new int[count];
        var greedy = new boolean[count];
        int prompt = 0;
        // as in lm-evaluation-harness, blanks at the end belong to the continuation
        int bare = context.stripTrailing().length();
        for (int i = 0; i < count; i++) {
            String text = context + ask.continuations().get(i);
            var choice = choice(route, Echo.request(route.dialect(), text));
            var score = Echo.score(choice, text, bare);
            if (score.tokens() == 0)
                throw new NotThisOneException("no log-probabilities of the text");
            sums[i] = score.sum();
            tokens[i] = score.tokens();
            greedy[i] = score.greedy();
            prompt = promptTokens(choice);
        }
        return new Reply.Likelihood(sums, tokens, greedy, prompt);
    }

    private Reply writing(Ask.Writing ask) throws GaveUpException, InterruptedException {
        var route = abilities.route(ask.prompt());
        var choice =
                choice(
                        route,
                        route.dialect()
                                .request(
                                        ask.prompt(),
                                        ask.maxTokens(),
                                        ask.temperature(),
                                        ask.seed(),
                                        ask.stop()));
        String text = text(choice);
        int end = text.length();
        for (String stop : ask.stop()) { // also those beyond what the endpoint takes
            int at = text.indexOf(stop);
            if (at >= 0) end = Math.min(end, at);
        }
        boolean cut = end == text.length() && cut(choice);
        int tokens = choice.path("usage").path("completion_tokens").asInt(0);
        return new Reply.Writing(text.substring(0, end), cut, promptTokens(choice), tokens);
    }

    private static boolean cut(JsonNode choice) {
        return choice.path("finish_reason").asString("").equals("length");
    }

    private static String text(JsonNode choice) {
        return choice.path("text").asString(choice.path("message").path("content").asString(""));
    }
}
