"""Golden of Kernel.Covariance: Matérn's covariance by SciPy's Bessel function. Run: python matern.py > matern.json"""
import json, numpy as np, scipy
from scipy.special import kv, gamma

cases = []
for nu in [0.3, 0.5, 1, 1.5, 2.5, 3.7, 12, 50]:
    for r in [1e-3, 0.05, 0.3, 1, 4]:
        z = np.sqrt(2 * nu) * r / 0.4
        c = 2 * 2 ** (1 - nu) / gamma(nu) * z**nu * kv(nu, z)
        if np.isfinite(c):
            cases.append(dict(Nu=nu, R=r, Covariance=c))
print(json.dumps(dict(Origin=f"testdata/matern.py: SciPy {scipy.__version__}, Length 0.4, Variance 2", Cases=cases), indent="\t"))
