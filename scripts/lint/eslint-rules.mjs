/** House rules no published plugin has. Each is a few lines; `scripts/planted-faults.mjs` proves that each one bites. */

const bannedNoun = /(Manager|Helpers?|Utils?|Data|Info)$/;
const bannedVerb = /^(handle|process)[A-Z]/;
const kebabFile = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|generated|d))?\.(ts|mts|js|mjs|cjs)$/;

const bannedNames = {
  meta: {
    type: 'suggestion',
    messages: { banned: '"{{name}}" says nothing: use a word of the spec, verb first for functions.' },
  },
  create(context) {
    const look = (id) => {
      if (id?.type === 'Identifier' && (bannedNoun.test(id.name) || bannedVerb.test(id.name)))
        context.report({ node: id, messageId: 'banned', data: { name: id.name } });
    };
    const declaration = (node) => look(node.id);
    return {
      VariableDeclarator: declaration,
      FunctionDeclaration: declaration,
      ClassDeclaration: declaration,
      TSTypeAliasDeclaration: declaration,
      TSInterfaceDeclaration: declaration,
      MethodDefinition: (node) => look(node.key),
    };
  },
};

const fileName = {
  meta: { type: 'suggestion', messages: { kebab: '"{{name}}" is not kebab-case.' } },
  create(context) {
    return {
      Program(node) {
        const name = context.filename.split(/[\\/]/).at(-1);
        if (!kebabFile.test(name)) context.report({ node, messageId: 'kebab', data: { name } });
      },
    };
  },
};

/** A switched-off rule must be named and must say why. The report stands before column 1, where no directive reaches it. */
const reasonedDisable = {
  meta: {
    type: 'problem',
    messages: { why: 'Line {{line}}: name the rule and give a reason: eslint-disable… rule -- reason.' },
  },
  create(context) {
    return {
      Program() {
        for (const { value, loc } of context.sourceCode.getAllComments()) {
          const directive = /^\s*eslint-disable(?:-next-line|-line)?(?=\s|$)(.*)$/s.exec(value);
          if (directive && !/^\s*[@\w/-]+(\s*,\s*[@\w/-]+)*\s+--\s+\S/.test(directive[1]))
            context.report({ loc: { line: 1, column: -1 }, messageId: 'why', data: { line: loc.start.line } });
        }
      },
    };
  },
};

export const houseRules = {
  rules: { 'banned-names': bannedNames, 'file-name': fileName, 'reasoned-disable': reasonedDisable },
};
