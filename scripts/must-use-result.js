/**
 * ESLint rule: a Result that nobody looks at is an error that nobody sees.
 *
 * Reports expression statements, awaited or not, whose type carries neverthrow's unwrap method.
 */
import { ESLintUtils } from '@typescript-eslint/utils';

const MARK = '_unsafeUnwrapErr';

export default {
  meta: {
    type: 'problem',
    messages: { unused: 'This Result is dropped: handle it, return it, or say why in a match.' },
    schema: [],
  },
  create(context) {
    const services = ESLintUtils.getParserServices(context);
    return {
      ExpressionStatement({ expression }) {
        const inner = expression.type === 'UnaryExpression' ? expression.argument : expression;
        const type = services.getTypeAtLocation(inner);
        const types = type.isUnion() ? type.types : [type];
        const isResult = types.some((t) => t.getProperty(MARK) ?? t.getProperty('_promise'));
        if (isResult) context.report({ node: expression, messageId: 'unused' });
      },
    };
  },
};
