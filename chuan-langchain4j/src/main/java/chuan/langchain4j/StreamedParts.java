package chuan.langchain4j;

import chuan.engine.Cancellation;
import chuan.engine.tools.ToolCall;
import chuan.engine.tools.ToolDelta;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.PartialToolCallContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Passes an answer on to a handler while it comes: text and arguments at once, a call as a whole
/// when the next part shows that it has ended. One thread.
final class StreamedParts implements Consumer<ToolDelta> {
    private final StreamingChatResponseHandler handler;
    private final StreamingHandle handle;
    private final List<ToolExecutionRequest> calls = new ArrayList<>();

    /// Of the call that has begun and not ended; "" if there is none.
    private String id = "";

    private String name = "";
    private final StringBuilder arguments = new StringBuilder();

    StreamedParts(StreamingChatResponseHandler handler, Cancellation cancellation) {
        this.handler = handler;
        handle = new Handle(cancellation);
    }

    @Override
    public void accept(ToolDelta delta) {
        switch (delta) {
            case ToolDelta.Content(String text) -> {
                endCall();
                handler.onPartialResponse(
                        new PartialResponse(text), new PartialResponseContext(handle));
            }
            case ToolDelta.Begin(_, String called) -> {
                endCall();
                id = Responses.newId();
                name = called;
            }
            case ToolDelta.Arguments(int index, String json) -> {
                arguments.append(json);
                handler.onPartialToolCall(
                        PartialToolCall.builder()
                                .index(index)
                                .id(id)
                                .name(name)
                                .partialArguments(json)
                                .build(),
                        new PartialToolCallContext(handle));
            }
        }
    }

    /// The answer has ended.
    ///
    /// @return its calls
    List<ToolExecutionRequest> finish() {
        endCall();
        return calls;
    }

    private void endCall() {
        if (id.isEmpty()) return;
        var call = Responses.request(id, new ToolCall(name, arguments.toString()));
        handler.onCompleteToolCall(new CompleteToolCall(calls.size(), call));
        calls.add(call);
        id = "";
        arguments.setLength(0);
    }

    private record Handle(Cancellation cancellation) implements StreamingHandle {
        @Override
        public void cancel() {
            cancellation.cancel();
        }

        @Override
        public boolean isCancelled() {
            return cancellation.isCancelled();
        }
    }
}
