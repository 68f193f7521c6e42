# Parley in a container: not root, Node from the base image, PostgreSQL embedded unless PARLEY_DATABASE_URL is set.
#   docker build -t parley .
#   docker run --init -p 127.0.0.1:3000:3000 -v parley-data:/data parley

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages packages
# With the one install script among them: it links PostgreSQL's libraries, which the server may not do as it is not root.
RUN npm ci
COPY bin bin
COPY scripts scripts
COPY src src
COPY web web
COPY tsconfig.json tsconfig.build.json openapi.json ./
# The base image brings Node 24, so the one for checkouts is left out, with the links to packages/.
RUN npm run build && npm prune --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-* node_modules/@parley-server

FROM node:24-slim
ENV NODE_ENV=production PARLEY_HOST=0.0.0.0 PARLEY_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json /app/openapi.json ./
COPY --from=build /app/bin bin
COPY --from=build /app/dist dist
# The guides, which are pages at /docs.
COPY docs/*.md docs/*.schema.json docs/
COPY --from=build /app/node_modules node_modules
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PARLEY_PORT || 3000}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/parley.js"]
CMD ["serve"]
