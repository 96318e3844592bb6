"""What the authorizers of signed tokens share: from a header's value to claims, or to the refusal."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gatewright.aws.jwt import cognito
from gatewright.aws.jwt.claims import rendered
from gatewright.aws.jwt.keys import KeySet
from gatewright.aws.jwt.problem import Problem, TokenProblem
from gatewright.aws.jwt.token import Claims, Token, parse, without_prefix, wrong_issuer
from gatewright.gateway.errors import UNAUTHORIZED, GatewayError
from gatewright.gateway.exchange import Exchange
from gatewright.gateway.issuers import TEST_ISSUER, Source
from gatewright.gateway.jwt_claims import JwtClaims
from gatewright.gateway.method_request.resource_policy import ResourcePolicy
from gatewright.gateway.verified_tokens import Verified, VerifiedTokens

_HEADER = re.compile(r"method\.request\.header\.([!-~]+)")


@dataclass(frozen=True, slots=True)
class TokenAuthorizer:
    """One method's. `check` tells the claims of a token that these keys should have signed, at a time in Unix
    seconds, or why it is not accepted; `refuse` makes that the answer."""

    kind: str
    name: str
    header: bytes  # that the token is sent in, lower case
    sources: Mapping[str, Source]  # by the names that tokens may say
    rules: bytes  # stands for all that `check` depends on but the keys
    check: Callable[[Token, KeySet, float], Claims | TokenProblem]
    expose: Callable[[Claims], Mapping[str, str]]  # what integrations see of the claims
    refuse: Callable[[Exchange, TokenProblem, str], GatewayError]  # with what the owner may read

    def passes(self, exchange: Exchange, policy: ResourcePolicy | None) -> bool:
        """Also for a token seen for the first time, while the issuer's keys are known."""
        tokens, sent = self._sent(exchange)
        digest = self._digest(sent)
        verified = tokens.recall(digest)
        cached = verified is not None
        if verified is None:
            token, source = self._read(exchange, sent)
            keys = tokens.key_sets.fresh(source)
            if keys is None or token.key_id not in keys.ids:
                return False
            verified = self._verified(exchange, token, source, keys, tokens.clock())
            tokens.remember(digest, verified)
        self._let_on(exchange, verified, policy, cached=cached)
        return True

    async def authorize(self, exchange: Exchange, policy: ResourcePolicy | None) -> None:
        if self.passes(exchange, policy):
            return
        tokens, sent = self._sent(exchange)
        token, source = self._read(exchange, sent)
        keys = await tokens.key_sets.find(source, token.key_id)
        if keys is None:
            why = f"there are no keys of {source.names[0]}: {tokens.key_sets.why_none(source)}"
            raise self._refused(exchange, TokenProblem(Problem.UNKNOWN_KEY, why))
        verified = self._verified(exchange, token, source, keys, tokens.clock())
        tokens.remember(self._digest(sent), verified)
        self._let_on(exchange, verified, policy, cached=False)

    def _sent(self, exchange: Exchange) -> tuple[VerifiedTokens, bytes]:
        access = exchange.outside.access
        sent = exchange.request.headers.get(self.header)
        if not sent or access is None:
            lacking = f"the request has no {self.header.decode()} header"
            raise self._refused(exchange, TokenProblem(Problem.MALFORMED, lacking))
        return access.tokens, sent

    def _digest(self, sent: bytes) -> bytes:
        return hashlib.sha256(self.rules + sent).digest()

    def _read(self, exchange: Exchange, sent: bytes) -> tuple[Token, Source]:
        token = parse(without_prefix(sent.decode("latin-1")))
        if isinstance(token, TokenProblem):
            raise self._refused(exchange, token)
        source = self.sources.get(token.issuer)
        if source is None:
            raise self._refused(exchange, wrong_issuer(token, self.sources))
        return token, source

    def _verified(
        self, exchange: Exchange, token: Token, source: Source, keys: KeySet, now: float
    ) -> Verified:
        claims = self.check(token, keys, now)
        if isinstance(claims, TokenProblem):
            raise self._refused(exchange, _explained(claims, source))
        return Verified(claims, self.expose, source, keys)

    def _let_on(
        self, exchange: Exchange, verified: Verified, policy: ResourcePolicy | None, *, cached: bool
    ) -> None:
        """The API's resource policy is asked after the token is accepted, on its own."""
        exchange.verified = verified
        if exchange.tracing is not None:
            self._tell(exchange, verified, cached)
        if policy is not None:
            policy.admit(exchange)

    def _refused(self, exchange: Exchange, problem: TokenProblem) -> GatewayError:
        why = f"{problem.problem.value}: {problem.detail}"
        if exchange.tracing is not None:
            exchange.tracing.add(
                "authorizer", name=self.name, kind=self.kind, allowed=False, cached=False, why=why
            )
        return self.refuse(exchange, problem, f"authorizer {self.name}: {why}")

    def _tell(self, exchange: Exchange, verified: Verified, cached: bool) -> None:
        claims = verified.authorizer["claims"]
        said = rendered(claims.typed) if isinstance(claims, JwtClaims) else claims
        assert exchange.tracing is not None
        exchange.tracing.add(
            "authorizer",
            name=self.name,
            kind=self.kind,
            allowed=True,
            cached=cached,
            why=f"{said['iss']} signed it for {said.get('sub')}; it is good until {said['exp']}",
        )


def unauthorized(exchange: Exchange, problem: TokenProblem, detail: str) -> GatewayError:
    """401, in the words that user pool authorizers have."""
    return GatewayError(UNAUTHORIZED, cognito.message(problem), reason=reason_of(exchange), detail=detail)


def reason_of(exchange: Exchange) -> str:
    """A refusal's line in the execution log."""
    return f"Unauthorized request: {exchange.request_id.decode()}"


def header_of(authorizer: Mapping[str, str]) -> bytes:
    """The header that an authorizer's identity source names. Raises ValueError."""
    source = authorizer.get("identitySource") or ""
    found = _HEADER.fullmatch(source)
    if found is None:
        raise ValueError(
            f"authorizer {authorizer['name']}: identitySource {source!r} is no method.request.header.<name>"
        )
    return found[1].lower().encode()


def digest_of(*rules: object) -> bytes:
    """Equal for equal rules."""
    return hashlib.sha256(repr(rules).encode()).digest()


def _explained(problem: TokenProblem, source: Source) -> TokenProblem:
    if source.url != TEST_ISSUER or problem.problem is not Problem.UNKNOWN_KEY:
        return problem
    hint = "; only `gatewright token` signs for it here, unless [issuers] says where it is served"
    return TokenProblem(problem.problem, problem.detail + hint)
