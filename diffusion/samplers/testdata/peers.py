"""Writes peers.json: samples by diffusers and k-diffusion with the exact denoiser of RING8, in float64.

Usage: python peers.py > peers.json, with numpy, scipy, torch, diffusers, k-diffusion, torchsde and torchdiffeq installed. The programs
compute in float32 in places: their sources are read and float32 is taken for float64 before they run, nothing else is changed. Noise is
Philox4x32-10 with Box and Muller's method: stream = number of the component, index = number of the evaluation from 1.
"""
import importlib.metadata as metadata
import importlib.util
import json
import math
import pathlib
import sys
import types

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
SEED, POINTS, STEPS = 3, 4, 12
ANGLES = 2 * np.pi * np.arange(8) / 8
MEANS = torch.tensor(np.stack([1.5 * np.cos(ANGLES), 1.5 * np.sin(ANGLES)], 1))


def denoised(x, alpha, sigma):
    v = alpha**2 * 0.12**2 + sigma**2
    away = x[:, None, :] - alpha * MEANS[None]
    p = torch.softmax(-(away**2).sum(-1) / (2 * v), 1)
    return (p[..., None] * (MEANS[None] + (alpha * 0.12**2 / v)[..., None] * away)).sum(1)


def philox(seed, stream, index):
    mask = 0xFFFFFFFF
    k0, k1 = seed & mask, seed >> 32
    c0, c1, c2, c3 = index & mask, index >> 32, stream & mask, stream >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & mask, (p0 >> 32) ^ c3 ^ k1, p0 & mask
        k0, k1 = (k0 + 0x9E3779B9) & mask, (k1 + 0xBB67AE85) & mask
    return c1 << 32 | c0, c3 << 32 | c2


def normals(index, shape, part=math.cos):
    """The first of the two numbers of Box and Muller's method, or with math.sin the second."""
    out = []
    for stream in range(math.prod(shape)):
        a, b = philox(SEED, stream, index)
        out.append(math.sqrt(-2 * math.log(((a >> 11) + 1) * 2.0**-53)) * part(2 * math.pi * (b >> 11) * 2.0**-53))
    return torch.tensor(out).reshape(shape)


def loaded(package, name):
    """The module, with float64 in place of float32."""
    path = pathlib.Path(importlib.util.find_spec(package).submodule_search_locations[0], name + ".py")
    module = types.ModuleType(package + "." + path.stem)
    module.__package__ = package
    text = path.read_text().replace("float32", "float64").replace("from . import utils", "")
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module


def k_diffusion(start, sigmas):
    spec = importlib.util.find_spec("k_diffusion")
    path = pathlib.Path(spec.submodule_search_locations[0], "sampling.py")
    module = types.ModuleType("sampling")
    module.utils = types.SimpleNamespace(append_dims=lambda x, n: x.reshape(x.shape + (1,) * (n - x.ndim)))
    exec(compile(path.read_text().replace("from . import utils", ""), str(path), "exec"), module.__dict__)
    evaluations = 0

    def model(x, sigma):
        nonlocal evaluations
        evaluations += 1
        return denoised(x, 1.0, sigma[:, None])

    def noise(*_):
        return normals(evaluations, start.shape)

    def noise_of_stages(*_):  # the noise within a step is ours of the second kind
        return normals(evaluations, start.shape, math.sin if evaluations % 2 else math.cos)

    def churned(x):  # drawn before every step, also where it is not used
        return normals(evaluations, x.shape)

    module.torch.randn_like = churned
    out = {}
    for name, kind, args in [
        ("euler", "sample_euler", {}),
        ("euler_ancestral", "sample_euler_ancestral", {"eta": 0.7, "noise_sampler": noise}),
        ("heun", "sample_heun", {}),
        ("heun_churn", "sample_heun", {"s_churn": 4.0, "s_tmin": 0.05, "s_tmax": 20.0, "s_noise": 1.003}),
        ("dpm_2", "sample_dpm_2", {}),
        ("dpm_2_churn", "sample_dpm_2", {"s_churn": 4.0}),
        ("dpm_2_ancestral", "sample_dpm_2_ancestral", {"eta": 0.7, "noise_sampler": noise}),
        ("lms_3", "sample_lms", {"order": 3}),
        ("dpmpp_2s_ancestral", "sample_dpmpp_2s_ancestral", {"eta": 0.7, "noise_sampler": noise}),
        ("dpmpp_2m", "sample_dpmpp_2m", {}),
        ("dpmpp_2m_sde", "sample_dpmpp_2m_sde", {"eta": 0.7, "noise_sampler": noise}),
        ("dpmpp_3m_sde", "sample_dpmpp_3m_sde", {"eta": 0.7, "noise_sampler": noise}),
        ("dpmpp_sde", "sample_dpmpp_sde", {"eta": 0.7, "noise_sampler": noise_of_stages}),
    ]:
        evaluations = 0
        # Its LMS keeps its order in the step to no noise, ours does not: leave that step out.
        x = getattr(module, kind)(model, 80 * start, sigmas[:-1] if kind == "sample_lms" else sigmas, disable=True, **args)
        out[name] = {"nfe": evaluations, "x": x.flatten().tolist()}
    return out, adaptive(module, model, start)


def adaptive(module, model, start):
    """One step from sigma = 2 to 1 with what it says of its error, and a whole run: its controller is not ours."""
    out = {}
    for order in (2, 3):
        said = []
        solver = module.DPMSolver(model, info_callback=said.append)
        x, _ = solver.dpm_solver_adaptive(2 * start, -torch.tensor(2.0).log(), torch.tensor(0.0), order=order, rtol=0.05, atol=0.0078, h_init=1.0)
        out[f"step_{order}"] = {"nfe": order, "x": said[0]["x"].flatten().tolist(), "error": said[0]["error"].item(), "tries": len(said)}
        x, info = solver.dpm_solver_adaptive(80 * start, -torch.tensor(80.0).log(), -torch.tensor(0.01).log(), order=order, rtol=1e-4, atol=1e-4)
        out[f"run_{order}"] = {"nfe": info["nfe"], "x": x.flatten().tolist()}
    return out


def diffusers(start, lambdas):
    """VP steps between equally spaced values of log alpha/sigma."""
    out = {}
    ratio = torch.exp(-lambdas)

    def run(name, module, kind, count=STEPS, sigmas=ratio, **config):
        scheduler = getattr(loaded("diffusers.schedulers", module), kind)(num_train_timesteps=1000, **config)
        scheduler.set_timesteps(count)
        scheduler.sigmas = sigmas.clone()
        scheduler.timesteps = torch.arange(count, 0, -1)
        x = start.clone()
        for i in range(count):
            alpha = 1 / torch.sqrt(1 + sigmas[i] ** 2)
            sigma = alpha * sigmas[i]
            noise = (x - alpha * denoised(x, alpha, sigma)) / sigma
            if name.endswith("_3s"):  # the inner stage of the paper's third order is what the program calls heun
                scheduler.register_to_config(solver_type="heun" if i % 3 == 1 else "midpoint")
            given = {"variance_noise": normals(i + 1, x.shape)} if name.startswith("sde") else {}
            x = scheduler.step(noise, scheduler.timesteps[i], x, **given).prev_sample
        out[name] = {"nfe": count, "x": x.flatten().tolist()}

    plain = {"lower_order_final": False, "final_sigmas_type": "sigma_min"}
    for order in (1, 2):
        run(f"dpmsolver_{order}m", "scheduling_dpmsolver_multistep", "DPMSolverMultistepScheduler", algorithm_type="dpmsolver", solver_order=order, **plain)
        run(f"dpmsolverpp_{order}m", "scheduling_dpmsolver_multistep", "DPMSolverMultistepScheduler", algorithm_type="dpmsolver++", solver_order=order, **plain)
    for kind, orders in [("dpmsolver++", (3,)), ("sde-dpmsolver", (1, 2)), ("sde-dpmsolver++", (1, 2, 3))]:
        for order in orders:
            run(f"{kind.replace('++', 'pp').replace('-', '_')}_{order}m", "scheduling_dpmsolver_multistep", "DPMSolverMultistepScheduler",
                algorithm_type=kind, solver_order=order, **plain)
    for order in (2, 3):
        for kind in ("dpmsolver", "dpmsolver++"):
            whole = lambdas[::order]
            inner = torch.cat([torch.cat([a + (b - a) * k / order for k in range(order)]) for a, b in zip(whole[:-1, None], whole[1:, None])])
            run(f"{kind.replace('++', 'pp')}_{order}s", "scheduling_dpmsolver_singlestep", "DPMSolverSinglestepScheduler",
                sigmas=torch.exp(-torch.cat([inner, whole[-1:]])), algorithm_type=kind, solver_order=order, **plain)
    for order in (1, 2, 3):
        for solver in ("bh1", "bh2"):
            run(f"unipc_{order}_{solver}", "scheduling_unipc_multistep", "UniPCMultistepScheduler", solver_order=order, solver_type=solver, **plain)
        run(f"deis_{order}", "scheduling_deis_multistep", "DEISMultistepScheduler", solver_order=order, lower_order_final=False)
    return out


def beta_time(lam):
    """The time at which the linear schedule with beta from 0.1 to 20 has log alpha/sigma = lam."""
    log_alpha = -0.5 * math.log1p(math.exp(-2 * lam))
    return -4 * log_alpha / (0.1 + math.sqrt(0.01 - 4 * 19.9 * log_alpha))


def alphas_of_time(t):
    return math.exp(2 * (-19.9 * t * t / 4 - 0.1 * t / 2))


def with_noise_of(module, state):
    module.randn_tensor = lambda shape, **_: normals(state["evaluations"], shape)
    return module


def diffusers_by_number(start, lambdas):
    """The programs whose time is the number of a value of alpha^2: these are set to ours, from the data's end on."""
    out, state = {}, {"evaluations": 0}
    squares = torch.flip(1 / (1 + torch.exp(-2 * lambdas)), [0])  # number STEPS is the noise end

    def predicted(x, square, kind):
        state["evaluations"] += 1
        alpha, sigma = torch.sqrt(square), torch.sqrt(1 - square)
        clean = denoised(x, alpha, sigma)
        noise = (x - alpha * clean) / sigma
        return {"noise": noise, "clean": clean, "velocity": alpha * noise - sigma * clean}[kind]

    for name, variance in [("ddpm", "fixed_small"), ("ddpm_large", "fixed_large")]:
        scheduler = with_noise_of(loaded("diffusers.schedulers", "scheduling_ddpm"), state).DDPMScheduler(variance_type=variance, clip_sample=False)
        scheduler.alphas_cumprod, x, state["evaluations"] = squares, start.clone(), 0
        for i in range(STEPS, 0, -1):
            x = scheduler.step(predicted(x, squares[i], "noise"), i, x).prev_sample
        out[name] = {"nfe": STEPS, "x": x.flatten().tolist()}

    for name, eta in [("ddim", 0.0), ("ddim_part", 0.5), ("ddim_full", 1.0)]:
        scheduler = with_noise_of(loaded("diffusers.schedulers", "scheduling_ddim"), state).DDIMScheduler(num_train_timesteps=STEPS, clip_sample=False)
        scheduler.set_timesteps(STEPS)  # so that the one before number i is i-1
        scheduler.alphas_cumprod, x, state["evaluations"] = squares, start.clone(), 0
        for i in range(STEPS, 0, -1):
            x = scheduler.step(predicted(x, squares[i], "noise"), i, x, eta=eta).prev_sample
        out[name] = {"nfe": STEPS, "x": x.flatten().tolist()}

    # A number for each end of a step and, between them, for the step's middle in time.
    times = [beta_time(v) for v in torch.flip(lambdas, [0]).tolist()]
    halves = torch.tensor([alphas_of_time(t) for a, b in zip(times, times[1:]) for t in (a, (a + b) / 2)] + [alphas_of_time(times[-1])])
    scheduler = loaded("diffusers.schedulers", "scheduling_pndm").PNDMScheduler(num_train_timesteps=2 * STEPS)
    scheduler.set_timesteps(STEPS)
    scheduler.alphas_cumprod, x, state["evaluations"] = halves, start.clone(), 0
    scheduler.prk_timesteps = [n for i in range(3) for n in (2 * (STEPS - i), 2 * (STEPS - i) - 1, 2 * (STEPS - i) - 1, 2 * (STEPS - i) - 2)]
    for n in scheduler.prk_timesteps:
        x = scheduler.step_prk(predicted(x, halves[n], "noise"), n, x).prev_sample
    for n in range(2 * (STEPS - 3), 0, -2):
        x = scheduler.step_plms(predicted(x, halves[n], "noise"), n, x).prev_sample
    out["pndm"] = {"nfe": state["evaluations"], "x": x.flatten().tolist()}

    scheduler = loaded("diffusers.schedulers", "scheduling_ipndm").IPNDMScheduler()
    scheduler.set_timesteps(STEPS)
    high_first = torch.flip(squares, [0])
    scheduler.alphas, scheduler.betas, x = torch.sqrt(high_first), torch.sqrt(1 - high_first), start.clone()
    for i in range(STEPS):
        x = scheduler.step(predicted(x, high_first[i], "velocity"), scheduler.timesteps[i], x).prev_sample
    out["ipndm_4"] = {"nfe": STEPS, "x": x.flatten().tolist()}

    # What the network's output has to be for the consistency function to be the exact denoiser.
    scheduler = with_noise_of(loaded("diffusers.schedulers", "scheduling_lcm"), state).LCMScheduler(prediction_type="sample", clip_sample=False)
    scheduler.set_timesteps(STEPS)
    scheduler.alphas_cumprod, scheduler.timesteps, x, state["evaluations"] = squares, torch.arange(STEPS, 0, -1), start.clone(), 0
    for i in range(STEPS, 0, -1):
        skip, scale = scheduler.get_scalings_for_boundary_condition_discrete(i)
        x = scheduler.step((predicted(x, squares[i], "clean") - skip * x) / scale, torch.tensor(i), x).prev_sample
    out["consistency_vp"] = {"nfe": STEPS, "x": x.flatten().tolist()}
    return out


def consistency(start, sigmas):
    """Multistep consistency sampling of EDM, with the exact denoiser as the consistency function."""
    state = {"evaluations": 0}
    scheduler = with_noise_of(loaded("diffusers.schedulers", "scheduling_consistency_models"), state).CMStochasticIterativeScheduler(
        clip_denoised=False, sigma_min=sigmas[-1].item())
    scheduler.set_timesteps(len(sigmas) - 1)
    scheduler.sigmas, x = sigmas, 80 * start
    for i in range(len(sigmas) - 1):
        state["evaluations"] += 1
        skip, scale = scheduler.get_scalings_for_boundary_condition(sigmas[i])
        scheduler.scale_model_input(x, scheduler.timesteps[i])
        x = scheduler.step((denoised(x, 1.0, sigmas[i][None]) - skip * x) / scale, scheduler.timesteps[i], x).prev_sample
    return {"nfe": len(sigmas) - 1, "x": x.flatten().tolist()}


def flows(start):
    """The straight path from noise to data; the programs' sigma is 1 - t and their velocity goes from data to noise."""
    out, state = {}, {"evaluations": 0}
    sigmas = torch.linspace(1, 0, STEPS + 1)

    def velocity(x, sigma):
        state["evaluations"] += 1
        return (x - denoised(x, 1 - sigma, sigma[None])) / sigma

    for name, config in [("euler", {}), ("consistency", {"stochastic_sampling": True})]:
        scheduler = with_noise_of(loaded("diffusers.schedulers", "scheduling_flow_match_euler_discrete"), state).FlowMatchEulerDiscreteScheduler(**config)
        scheduler.set_timesteps(sigmas=sigmas[:-1].tolist())
        x, state["evaluations"] = start.clone(), 0
        for sigma, t in zip(scheduler.sigmas, scheduler.timesteps):
            x = scheduler.step(velocity(x, sigma), t, x).prev_sample
        out[name] = {"nfe": state["evaluations"], "x": x.flatten().tolist()}

    scheduler = loaded("diffusers.schedulers", "scheduling_flow_match_heun_discrete").FlowMatchHeunDiscreteScheduler()
    scheduler.sigma_max, scheduler.sigma_min = 1.0, 1 / STEPS  # the step to no noise is Euler's
    scheduler.set_timesteps(STEPS)
    x, state["evaluations"] = start.clone(), 0
    for t in scheduler.timesteps:
        x = scheduler.step(velocity(x, t / 1000), t, x).prev_sample
    out["heun"] = {"nfe": state["evaluations"], "x": x.flatten().tolist()}
    return out


def errors_of_third_order(start):
    """What the published DPM-Solver++(3M) gives with more and more steps, against our order 3: see the test."""
    out = {}
    for count in (96, 192, 384):
        lambdas = torch.linspace(-4.0, 4.0, count + 1)
        scheduler = loaded("diffusers.schedulers", "scheduling_dpmsolver_multistep").DPMSolverMultistepScheduler(
            num_train_timesteps=1000, algorithm_type="dpmsolver++", solver_order=3, lower_order_final=False, final_sigmas_type="sigma_min")
        scheduler.set_timesteps(count)
        scheduler.sigmas = torch.exp(-lambdas)
        scheduler.timesteps = torch.arange(count, 0, -1)
        x = start.clone()
        for i in range(count):
            alpha = 1 / torch.sqrt(1 + scheduler.sigmas[i] ** 2)
            sigma = alpha * scheduler.sigmas[i]
            x = scheduler.step((x - alpha * denoised(x, alpha, sigma)) / sigma, scheduler.timesteps[i], x).prev_sample
        out[count] = x.flatten().tolist()
    return out


def main():
    start = torch.tensor(np.random.default_rng(SEED).normal(size=(POINTS, 2)))
    ramp = torch.linspace(0, 1, STEPS)
    sigmas = torch.cat([(80 ** (1 / 7) + ramp * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7, torch.zeros(1)])
    lambdas = torch.linspace(-4.0, 4.0, STEPS + 1)
    samples, steps = k_diffusion(start, sigmas)
    programs = ["numpy", "torch", "diffusers", "k-diffusion"]
    json.dump({
        "origin": ", ".join(f"{p} {metadata.version(p)}" for p in programs) + ", by peers.py",
        "seed": SEED, "start": start.flatten().tolist(), "sigmas": sigmas.tolist(),
        "k_diffusion": samples, "k_diffusion_adaptive": steps,
        "diffusers": diffusers(start, lambdas) | diffusers_by_number(start, lambdas),
        "consistency": consistency(start, sigmas[:-1]),
        "flows": flows(start),
        "published_3m": errors_of_third_order(start),
    }, sys.stdout, indent=1)


main()
