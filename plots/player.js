(() => {
	const data = PLAYER_DATA;
	// JupyterLab runs a script anew for each view of an output: every player in
	// the page is set up once.
	for (const root of document.querySelectorAll('[data-player="PLAYER_ID"]:not([data-ready])')) {
		root.dataset.ready = '';
		const add = (parent, name, style, properties) => {
			const element = document.createElement(name);
			element.style.cssText = style;
			Object.assign(element, properties);
			parent.append(element);
			return element;
		};
		root.replaceChildren();
		root.style.maxWidth = Math.max(data.width, 300) + 'px';
		const picture = add(root, 'img', 'display:block;max-width:100%;height:auto', {width: data.width, height: data.height});
		const bar = add(root, 'div', 'display:flex;gap:8px;align-items:center;margin-top:4px;font:13px sans-serif', {});
		const button = add(bar, 'button', 'width:2.4em;height:1.9em;padding:0;cursor:pointer', {type: 'button'});
		const slider = add(bar, 'input', 'flex:1;min-width:60px', {type: 'range', min: 0, max: data.frames.length - 1, step: 1});
		slider.setAttribute('aria-label', 'frame');
		const label = add(bar, 'span', 'min-width:7em;text-align:right;font-variant-numeric:tabular-nums', {});
		const kept = data.frames.map(source => Object.assign(new Image(), {src: source})); // decoded before they are shown
		let at = 0, timer = 0;
		const show = frame => {
			at = frame;
			picture.src = kept[at].src;
			picture.alt = [data.title, data.labels[at]].filter(Boolean).join(', ');
			slider.value = at;
			slider.setAttribute('aria-valuetext', data.labels[at]);
			label.textContent = data.labels[at];
		};
		const face = () => {
			button.textContent = timer ? '❚❚' : '▶';
			button.setAttribute('aria-label', timer ? 'pause' : 'play');
		};
		const pause = () => {
			clearInterval(timer);
			timer = 0;
			face();
		};
		const step = () => {
			const last = at === data.frames.length - 1;
			if (!root.isConnected || last && data.once) pause();
			else show(last ? 0 : at + 1);
		};
		button.addEventListener('click', () => {
			if (timer) return pause();
			if (at === data.frames.length - 1) show(0);
			timer = setInterval(step, data.delay);
			face();
		});
		slider.addEventListener('input', () => {
			pause();
			show(Number(slider.value));
		});
		face();
		show(0);
	}
})();
