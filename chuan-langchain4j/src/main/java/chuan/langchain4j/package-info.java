/// A Chuan model in this process for programs that are written with LangChain4j.
@NullMarked
package chuan.langchain4j;

import org.jspecify.annotations.NullMarked;
