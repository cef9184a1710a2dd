package io.runnel.spring;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.expression.Expression;
import org.springframework.expression.common.CompositeStringExpression;
import org.springframework.expression.common.LiteralExpression;
import org.springframework.expression.common.TemplateParserContext;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.DataBindingPropertyAccessor;
import org.springframework.expression.spel.support.SimpleEvaluationContext;
import org.springframework.util.StringUtils;

/** Where events of one class go: one {@link PublishedTo}, read. Any thread. */
final class Route {
  private static final SimpleEvaluationContext READ_ONLY =
      SimpleEvaluationContext.forPropertyAccessors(DataBindingPropertyAccessor.forReadOnlyAccess())
          .build();

  private final List<Expression> segments;
  private final String type;

  private Route(List<Expression> segments, String type) {
    this.segments = segments;
    this.type = type;
  }

  static Route of(PublishedTo published, Class<?> event) {
    Expression topic =
        new SpelExpressionParser()
            .parseExpression(published.value(), new TemplateParserContext("{", "}"));
    List<Expression> segments =
        topic instanceof CompositeStringExpression composite
            ? List.of(composite.getExpressions())
            : List.of(topic);
    String type = published.type();
    return new Route(
        segments, type.isEmpty() ? StringUtils.uncapitalize(event.getSimpleName()) : type);
  }

  String type() {
    return type;
  }

  /** The topic of this event; null if it has none. */
  @Nullable String topic(Object event) {
    var topic = new StringBuilder();
    for (Expression segment : segments) {
      Object value = segment.getValue(READ_ONLY, event);
      if (value == null) return null;
      boolean isLiteral = segment instanceof LiteralExpression;
      topic.append(isLiteral ? value : PersonalTopics.segment(value.toString()));
    }
    return topic.toString();
  }
}
