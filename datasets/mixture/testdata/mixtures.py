"""Golden of package datasets/mixture: log-densities and scores by SciPy. Run: python mixtures.py > mixtures.json"""
import json, numpy as np, scipy
from scipy.special import logsumexp
from scipy.stats import multivariate_normal as normal

def ring(n, radius, std):
    a = 2 * np.pi * np.arange(n) / n
    return np.full(n, 1 / n), radius * np.stack([np.cos(a), np.sin(a)], 1), np.full(n, std)

def mix16():
    means = np.round(np.random.default_rng(16).standard_normal((6, 16)), 6)
    return np.array([.3, .2, .15, .15, .1, .1]), means, np.full(6, .25)

def log_density(x, w, m, s):
    return logsumexp([np.log(w[k]) + normal.logpdf(x, m[k], s[k] ** 2 * np.eye(len(x))) for k in range(len(w))])

def score(x, w, m, s):  # central differences of the log-density, by Richardson's extrapolation
    d = lambda h, e: (log_density(x + h * e, w, m, s) - log_density(x - h * e, w, m, s)) / (2 * h)
    return [(4 * d(1e-3, e) - d(2e-3, e)) / 3 for e in np.eye(len(x))]

def line3():
    return np.array([.5, .3, .2]), np.array([[-1.], [.5], [1.5]]), np.array([.2, .1, .3])

rng, cases = np.random.default_rng(1), []
for name, (w, m, s) in {"ring8": ring(8, 1.5, .12), "mix16": mix16(), "line3": line3()}.items():
    for alpha, sigma in [(1, 0), (.8, .6)]:
        k = rng.integers(len(w))
        x = alpha * m[k] + np.hypot(alpha * s[k], sigma) * rng.standard_normal(m.shape[1])
        p = w, alpha * m, np.hypot(alpha * s, sigma)
        cases.append(dict(Mixture=name, Alpha=alpha, Sigma=sigma, X=list(x), LogDensity=log_density(x, *p), Score=score(x, *p)))
print(json.dumps(dict(Origin=f"testdata/mixtures.py: SciPy {scipy.__version__}, NumPy {np.__version__}",
                      MIX16=mix16()[1].tolist(), Cases=cases), indent="\t"))
