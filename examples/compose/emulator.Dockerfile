# The simulated AWS account of the demo, for examples/compose. It is for looking and trying, and never for production.
ARG NODE_IMAGE=node:22-alpine

FROM ${NODE_IMAGE}
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
COPY examples examples
COPY sim sim
COPY demo demo
USER 1000:1000
EXPOSE 4566
STOPSIGNAL SIGTERM
# Its own process gets the signal, as npm and npx would not pass it on at once.
ENTRYPOINT ["node", "--import", "tsx", "--conditions=ecs-task-stream:source", "demo/emulator.ts"]
