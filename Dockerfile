# Every worker in one image: `docker run <image> <worker> [flags]`. How to run it: docs/deploying.md.
# What can be checked of it without a container engine: scripts/check-dockerfile.ts.

# A release pins it by digest: `--build-arg NODE_IMAGE=node:22-alpine@sha256:…`. See docs/deploying.md.
ARG NODE_IMAGE=node:22-alpine

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY examples examples
COPY page page
COPY scripts scripts
RUN npm run build

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
# The command is a bundle: it needs no other package.
COPY --from=build /app/dist/command dist/command
# The page of the inspector.
COPY --from=build /app/dist/page dist/page
# The image's own user `node`, by number, so that a platform can tell that it is not root.
USER 1000:1000
EXPOSE 8080
# The worker drains.
STOPSIGNAL SIGTERM
# Asks where PORT says; a worker without PORT has no server, and is healthy while it lives.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["node", "-e", "const port = /[0-9]+$/.exec(process.env.PORT ?? '')?.[0]; if (port !== undefined) fetch(`http://127.0.0.1:${port}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/command/ecs-task-stream.js"]
CMD ["--help"]
