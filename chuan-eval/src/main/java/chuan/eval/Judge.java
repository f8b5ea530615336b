package chuan.eval;

import java.util.List;

/// How the replies to one question are judged. Pure; one reply for each ask, in their order.
@FunctionalInterface
public interface Judge {
    Verdict judge(List<Reply> replies);
}
