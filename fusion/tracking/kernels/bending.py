"""What the curvature of a direction adds to its mean and variance: `models.bend` on arrays."""

from __future__ import annotations

import math

from fusion.compiling import bare


@bare
def bend(H, P, offset, rho, r, up, h, curvature):
    """Add to h (6,) how far curvature moves range and angles, and write the variance that it adds (6,): `models.bend`.

    The slopes H (6, 6) by place are r̂, â/ρ and ê/r.
    """
    rr, ra, re, aa, ae, ee = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(3):
        r_k, a_k, e_k = H[0, k], rho * H[1, k], r * H[2, k]
        r_P, a_P, e_P = 0.0, 0.0, 0.0
        for c in range(3):
            place = P[k, c]
            if offset != 0.0:
                place += offset * (P[k + 3, c] + P[k, c + 3] + offset * P[k + 3, c + 3])
            r_P += place * H[0, c]
            a_P += place * H[1, c]
            e_P += place * H[2, c]
        rr += r_k * r_P
        ra += r_k * a_P
        re += r_k * e_P
        aa += a_k * a_P
        ae += a_k * e_P
        ee += e_k * e_P
    ra, aa, re, ae, ee = rho * ra, rho * aa, r * re, r * ae, r * ee
    aa, ee, rr = max(aa, 0.0), max(ee, 0.0), max(rr, 0.0)
    rho2, wide2 = rho * rho, r * r + aa + ee
    cosine, sine, per_rho2, per_wide2 = rho / r, up / r, 1.0 / rho2, 1.0 / wide2
    uu = max(cosine * cosine * rr - 2.0 * cosine * sine * re + sine * sine * ee, 0.0)
    ua = cosine * ra - sine * ae
    far = math.sqrt(rho2 + aa)
    m = up / (r * r * far)
    h[0] = math.sqrt(wide2)
    h[1] -= ua / (rho2 + uu + aa)
    h[2] = math.atan2(up, far) - re * per_wide2
    curvature[0] = 0.5 * (aa * aa + ee * ee + 2.0 * ae * ae) * per_wide2
    curvature[1] = (uu * aa + ua * ua) * per_rho2 * per_rho2
    curvature[2] = (rr * ee + re * re) * per_wide2 * per_wide2 + 2.0 * m * ra * ae * per_wide2 + 0.5 * (m * aa) ** 2


@bare
def bend_rate(H, P, offset, rho, r, h, curvature):
    """Add to h (6,) how far curvature moves the range rate, and write the variance that it adds: `models.bend`.

    The slopes H (6, 6) by place are r̂, â/ρ, ê/r and w/r, w the velocity across the line of sight.
    """
    rw, aa, ae, ee = 0.0, 0.0, 0.0, 0.0
    c_aa, c_ae, c_ea, c_ee, v_aa, v_ae, v_ee = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(3):
        r_k, a_k, e_k = H[0, k], rho * H[1, k], r * H[2, k]
        for c in range(3):
            a_c, e_c, speed = rho * H[1, c], r * H[2, c], P[k + 3, c + 3]
            cross = P[k, c + 3] + offset * speed
            place = P[k, c] + offset * (P[k + 3, c] + cross)
            rw += r_k * place * r * H[3, c]
            aa += a_k * place * a_c
            ae += a_k * place * e_c
            ee += e_k * place * e_c
            c_aa += a_k * cross * a_c
            c_ae += a_k * cross * e_c
            c_ea += e_k * cross * a_c
            c_ee += e_k * cross * e_c
            v_aa += a_k * speed * a_c
            v_ae += a_k * speed * e_c
            v_ee += e_k * speed * e_c
    aa, ee = max(aa, 0.0), max(ee, 0.0)
    wide2 = r * r + aa + ee
    crossed = c_aa * c_aa + c_ee * c_ee + 2.0 * c_ae * c_ea
    h[3] += ((c_aa + c_ee) * r - rw - 0.5 * h[3] * (aa + ee)) / wide2
    curvature[3] = max((aa * v_aa + ee * v_ee + 2.0 * ae * v_ae + crossed) / wide2, 0.0)
