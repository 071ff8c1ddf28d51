# `bulla serve` in a container, for anybody's settings. docs/guides/running.md says what it is given.
FROM node:24-slim
WORKDIR /bulla
COPY package.json package-lock.json ./
# What runs is what the lock names, and the two drivers of a guard that others reach.
RUN npm pkg delete devDependencies && npm pkg set dependencies.pg=8.23.1 dependencies.redis=6.3.1 && npm install --ignore-scripts --no-audit --no-fund
COPY keys keys
COPY src src
WORKDIR /auth
USER node
ENV NODE_ENV=production PORT=8787
EXPOSE 8787
HEALTHCHECK CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1))"]
ENTRYPOINT ["node", "/bulla/src/cli/bulla.ts"]
CMD ["serve", "--settings", "bulla.toml"]
